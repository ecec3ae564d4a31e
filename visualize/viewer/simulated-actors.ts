import { fromCallback, type AnyEventObject } from 'xstate';
import {
  defaultStop,
  programMachine,
  supervisorMachine,
  wardMachine,
  type ConfigScan,
  type ConfigSynced,
  type LeftoversInput,
  type MessageAnswer,
  type ProcessCommand,
  type ProcessEvent,
  type ProcessInput,
  type ProgramSpec,
} from '../../machines/index.js';
import type { SteppedClock } from '../../src/simulate/stepped-clock.js';

const spawnMs = 40;
const endMs = 300;
const youngMs = 150;

/** How the simulated process behaves, and what can be done to it. */
export class SimulatedSystem {
  /** SIGTERM is not listened to. */
  isDeaf = false;
  /** It dies soon after each start. */
  isFrail = false;
  #die: ((exit: { code: number | null; signal: string | null }) => void) | undefined;
  #sync: ((event: ConfigSynced) => void) | undefined;
  #revision = 1;
  #pid = 4_000;
  #wanted: ProgramSpec['wanted'] = 'up';

  /** The process dies by itself. */
  die(code: number): void {
    this.#die?.({ code, signal: null });
  }

  /** Its file is another one now. */
  change(wanted: ProgramSpec['wanted'], keys: readonly string[]): void {
    this.#wanted = wanted;
    if (!keys.includes('ncolony.wanted')) this.#revision += 1;
    this.#sync?.({ ...nothing, changed: [{ spec: this.#spec, keys }] });
  }

  get #spec(): ProgramSpec {
    return {
      name: 'web',
      args: ['server', `--version=${this.#revision}`],
      groups: [],
      wanted: this.#wanted,
      stop: defaultStop,
      revision: `r${this.#revision}`,
    };
  }

  /** The supervisor that a monitor runs, with actors that only pretend. */
  machine(clock: SteppedClock) {
    const process = fromCallback<ProcessCommand, ProcessInput>(({ sendBack, receive }) => {
      const tell = (event: ProcessEvent) => sendBack(event);
      const timers = new Set<number>();
      const later = (ms: number, act: () => void) => timers.add(clock.setTimeout(act, ms));
      let isAlive = false;
      let isEnding = false;
      const end = (exit: { code: number | null; signal: string | null }) => {
        if (!isAlive) return;
        isAlive = false;
        tell({ type: 'process.exited', exit, stragglers: [] });
        if (isEnding) tell({ type: 'process.gone' });
      };
      later(spawnMs, () => {
        isAlive = true;
        this.#die = end;
        this.#pid += 7;
        tell({ type: 'process.started', pid: this.#pid, run: `run-${this.#pid}` });
        if (this.isFrail) later(youngMs, () => end({ code: 1, signal: null }));
      });
      receive((command) => {
        if (command.type === 'process.terminate') {
          isEnding = true;
          if (!isAlive) tell({ type: 'process.gone' });
          else if (!this.isDeaf) later(endMs, () => end({ code: null, signal: command.signal }));
        } else if (command.type === 'process.kill') later(1, () => end({ code: null, signal: 'SIGKILL' }));
      });
      return () => {
        for (const timer of timers) clock.clearTimeout(timer);
      };
    });
    const leftovers = fromCallback<ProcessCommand, LeftoversInput>(({ sendBack, receive }) => {
      receive(({ type }) => {
        if (type === 'process.terminate') sendBack({ type: 'process.gone' });
      });
    });
    const config = fromCallback<ConfigScan>(({ sendBack }) => {
      this.#sync = sendBack;
      sendBack({ ...nothing, added: [this.#spec] });
    });
    const messages = fromCallback<MessageAnswer>(() => undefined);
    const signals = fromCallback<AnyEventObject>(() => undefined);
    const program = programMachine.provide({ actors: { process, leftovers } });
    return supervisorMachine.provide({
      actors: { ward: wardMachine.provide({ actors: { program } }), config, messages, signals },
    });
  }
}

const nothing: ConfigSynced = {
  type: 'config.synced',
  added: [],
  changed: [],
  removed: [],
  rejected: [],
  healed: [],
  warnings: [],
  ticket: 0,
};
