import type { ProgramState } from '../../machines/index.js';
import type { Told } from '../live-protocol.js';

/** A stay in a state, and how it was come to. */
export interface Passage {
  readonly at: number;
  readonly state: ProgramState;
  readonly from: ProgramState | undefined;
  /** The event as the chart calls it; `undefined`: it is not known. */
  readonly event: string | undefined;
}

const states: Readonly<Record<string, ProgramState>> = {
  'program.starting': 'starting',
  'program.running': 'running',
  'program.backing-off': 'backing-off',
  'program.killing': 'killing',
  'program.stopped': 'stopped',
};

/** The states that a program went through, by what was told of it. */
export function passagesOf(history: readonly Told[]): Passage[] {
  const passages: Passage[] = [];
  for (const { at, fact } of history) {
    const state = states[fact.type];
    if (state === undefined) continue;
    const from = passages.at(-1)?.state ?? (state === 'starting' ? 'stopped' : undefined);
    const event = 'because' in fact ? inChart(fact.because) : state === 'running' ? 'after threshold' : undefined;
    // Who asks a program to stop that is stopped is told so again.
    if (from === state && state === 'stopped') continue;
    passages.push({ at, state, from, event });
  }
  return passages;
}

/** An event of a machine in the words of its chart. */
export function inChart(type: string): string {
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  if (delay !== undefined) return `after ${delay}`;
  const [, actor] = /^xstate\.error\.actor\.(.+)$/.exec(type) ?? [];
  return actor === undefined ? type : `${actor} actor broke`;
}
