import { fromCallback } from 'xstate';
import type { Exit, LeftoversInput, ProcessCommand, ProcessEvent, ProcessInput } from '../../machines/index.js';
import type { SteppedClock } from './stepped-clock.js';

/** How every process of a simulated program behaves. Durations in ms. */
export interface Behaviour {
  /** How long it lives when nobody ends it; Infinity: for ever. */
  readonly diesAfter: number;
  /** With what it then exits. */
  readonly exitCode: number;
  /** Whether it obeys nothing but SIGKILL. */
  readonly ignoresTerm: boolean;
}

/** The ports of the program machine without an operating system: one process that leaves nothing behind. */
export function simulatedActors(clock: SteppedClock, behaviour: Behaviour) {
  let lastPid = 0;
  const process = fromCallback<ProcessCommand, ProcessInput>(({ receive, sendBack }) => {
    const tell = (event: ProcessEvent) => sendBack(event);
    let isAlive = true;
    let isToEnd = false;
    const end = (exit: Exit) => {
      if (!isAlive) return;
      isAlive = false;
      clock.clearTimeout(life ?? 0);
      tell({ type: 'process.exited', exit, stragglers: [] });
      if (isToEnd) tell({ type: 'process.gone' });
    };
    const life =
      behaviour.diesAfter === Infinity
        ? undefined
        : clock.setTimeout(() => end({ code: behaviour.exitCode, signal: null }), behaviour.diesAfter);

    lastPid += 1;
    tell({ type: 'process.started', pid: lastPid, run: `run-${lastPid}` });
    receive((command) => {
      const isAnswered = isToEnd && !isAlive;
      isToEnd ||= command.type === 'process.terminate';
      if (isToEnd && !isAlive && !isAnswered) tell({ type: 'process.gone' });
      if (command.type === 'process.kill') end({ code: null, signal: 'SIGKILL' });
      else if (!behaviour.ignoresTerm) end({ code: null, signal: command.signal });
    });
    return () => {
      if (life !== undefined) clock.clearTimeout(life);
    };
  });
  const leftovers = fromCallback<ProcessCommand, LeftoversInput>(({ receive, sendBack }) => {
    receive(() => sendBack({ type: 'process.gone' }));
  });
  return { process, leftovers };
}
