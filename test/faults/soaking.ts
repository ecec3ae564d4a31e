import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createActor, fromCallback } from 'xstate';
import {
  programMachine,
  supervisorMachine,
  wardMachine,
  type ConfigScan,
  type MessageAnswer,
  type ProcessCommand,
  type ProcessInput,
} from '../../machines/index.js';
import { startMonitor, type Monitor } from '../../src/monitor.js';
import { specOf, timings } from '../fixtures/lone-program.js';
import { SteppedClock } from '../../src/simulate/stepped-clock.js';
import { temporaryDirectory } from '../temporary-directory.js';

/** What must not grow. */
export interface Figures {
  readonly restarts: number;
  /** Bytes in use after a garbage collection. */
  readonly heap: number;
  readonly descriptors: number;
  /** What keeps the event loop alive, timers among it; under simulated time its timers too. */
  readonly timers: number;
  /** Listeners of `process`, of any event. */
  readonly listeners: number;
  /** Actors below the supervisor and below its programs. */
  readonly actors: number;
}

const names = ['ant', 'bee', 'cow', 'dog'];
// What lives for a moment comes and goes: the least of some looks is what stays.
const looks = 25;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Programs that die and are restarted by the real machines, under simulated time, with nothing behind them: most live
 * for some time, some die at once and back off, some are restarted on demand. Tells what there is after `warmUp`
 * restarts and in the end.
 */
export async function soakMachines(warmUp: number, restarts: number): Promise<[Figures, Figures]> {
  const clock = new CountingClock();
  const counted = { starts: 0 };
  const process = fromCallback<ProcessCommand, ProcessInput>(({ sendBack, receive }) => {
    const start = ++counted.starts;
    sendBack({ type: 'process.started', pid: start, run: String(start) });
    const die = () => sendBack({ type: 'process.exited', exit: { code: 0, signal: null }, stragglers: [] });
    const timer = clock.setTimeout(die, start % 10 === 0 ? 10 : 2_000);
    receive((command) => command.type === 'process.terminate' && sendBack({ type: 'process.gone' }));
    return () => clock.clearTimeout(timer);
  });
  const leftovers = fromCallback<ProcessCommand, { readonly name: string }>(({ sendBack, receive }) => {
    receive((command) => command.type === 'process.terminate' && sendBack({ type: 'process.gone' }));
  });
  const program = programMachine.provide({ actors: { process, leftovers } });
  const actors = {
    ward: wardMachine.provide({ actors: { program } }),
    config: fromCallback<ConfigScan>(() => undefined),
    messages: fromCallback<MessageAnswer>(() => undefined),
    signals: fromCallback(() => undefined),
  };
  const supervisor = createActor(supervisorMachine.provide({ actors }), { input: { timings }, clock }).start();
  const none = { changed: [], removed: [], rejected: [], healed: [], warnings: [] };
  supervisor.send({ type: 'config.synced', added: names.map((name) => specOf({ name })), ...none, ticket: 0 });

  const reaches = async (goal: number) => {
    for (let before = -1; counted.starts < goal;) {
      if (counted.starts === before) throw new Error(`nothing is started any more, after ${before} starts`);
      before = counted.starts;
      clock.advance(100_000);
      supervisor
        .getSnapshot()
        .context.programs.get(names[counted.starts % names.length] ?? '')
        ?.send({ type: 'program.restart' });
      await nextTurn();
    }
    return figuresOf(supervisor, () => counted.starts, clock);
  };
  const figures: [Figures, Figures] = [await reaches(warmUp), await reaches(restarts)];
  supervisor.stop();
  return figures;
}

/** Real processes that die at once, in a whole monitor in this process, with all the files that it writes. */
export async function soakProcesses(warmUp: number, restarts: number): Promise<[Figures, Figures]> {
  const home = temporaryDirectory();
  const place = (name: string) => {
    mkdirSync(join(home.path, name));
    return join(home.path, name);
  };
  const config = place('conf');
  for (const name of names) writeFileSync(join(config, name), JSON.stringify({ args: ['true'] }));
  const monitor = await startMonitor({
    config,
    messages: place('messages'),
    pid: place('pid'),
    logs: place('logs'),
    logfile: '/dev/null',
    logLevel: 'info',
    frequency: 10_000,
    timings: { ...timings, threshold: 0 },
    trustDirectories: false,
  });
  try {
    let count = 0;
    const waiting = new Map<number, () => void>();
    monitor.actor.on('program.started', () => waiting.get(++count)?.());
    const reaches = async (goal: number) => {
      await new Promise<void>((resolve) => waiting.set(goal, resolve));
      return figuresOf(monitor.actor, () => count);
    };
    return [await reaches(warmUp), await reaches(restarts)];
  } finally {
    monitor.actor.send({ type: 'shutdown' });
    await monitor.done;
    home.remove();
  }
}

/** Simulated time that knows how many timers wait. */
class CountingClock extends SteppedClock {
  readonly #waiting = new Set<number>();

  get waiting(): number {
    return this.#waiting.size;
  }

  override setTimeout(callback: () => void, ms: number): number {
    const id = super.setTimeout(() => {
      this.#waiting.delete(id);
      callback();
    }, ms);
    this.#waiting.add(id);
    return id;
  }

  override clearTimeout(id: number): void {
    this.#waiting.delete(id);
    super.clearTimeout(id);
  }
}

async function figuresOf(supervisor: Monitor['actor'], countOf: () => number, clock?: CountingClock): Promise<Figures> {
  const restarts = countOf();
  const seen: Omit<Figures, 'restarts'>[] = [];
  for (let look = 0; look < looks; look++) {
    await delay(4);
    if (look % 5 === 0) collectGarbage();
    const { children, context } = supervisor.getSnapshot();
    const actors = [...context.programs.values()].flatMap((program) => Object.keys(program.getSnapshot().children));
    seen.push({
      heap: process.memoryUsage().heapUsed,
      descriptors: readdirSync('/proc/self/fd').length,
      timers: process.getActiveResourcesInfo().length + (clock?.waiting ?? 0),
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
      actors: Object.keys(children).length + actors.length,
    });
  }
  const least = (key: keyof (typeof seen)[number]) => Math.min(...seen.map((figures) => figures[key]));
  return {
    restarts,
    heap: least('heap'),
    descriptors: least('descriptors'),
    timers: least('timers'),
    listeners: least('listeners'),
    actors: least('actors'),
  };
}
