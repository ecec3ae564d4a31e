import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine } from '../../machines/index.js';
import type { ProgramStatus } from '../protocol/status-file.js';

/** When things happened, which no machine knows: milliseconds of the wall clock. */
interface Times {
  since: number;
  startedAt: number | null;
  exitAt: number | null;
  nextStartAt: number | null;
  killAt: number | null;
}

/** What there is to say of each program: what its machine knows, and when it happened, by the facts that were told. */
export class ProgramStatuses {
  readonly #supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly #clock: () => number;
  readonly #times = new Map<string, Times>();

  /** `clock`: milliseconds of the wall clock. */
  constructor(supervisor: ActorRefFrom<typeof supervisorMachine>, clock: () => number = Date.now) {
    this.#supervisor = supervisor;
    this.#clock = clock;
  }

  observe(fact: Fact): void {
    if (!fact.type.startsWith('program.') || !('name' in fact)) return;
    const now = this.#clock();
    const times = this.#times.get(fact.name) ?? {
      since: now,
      startedAt: null,
      exitAt: null,
      nextStartAt: null,
      killAt: null,
    };
    this.#times.set(fact.name, times);
    switch (fact.type) {
      case 'program.starting':
      case 'program.running':
      case 'program.stopped':
        Object.assign(times, { since: now, nextStartAt: null, killAt: null });
        break;
      case 'program.started':
        times.startedAt = now;
        break;
      case 'program.died':
        Object.assign(times, { startedAt: null, exitAt: now });
        break;
      case 'program.backing-off':
        Object.assign(times, { since: now, nextStartAt: now + fact.delay, killAt: null });
        break;
      case 'program.killing':
        Object.assign(times, { since: now, killAt: now + fact.killtime });
        break;
      default:
    }
  }

  /** `undefined`: there is no such program (any more). */
  statusOf(name: string): ProgramStatus | undefined {
    const { programs, specs, faults } = this.#supervisor.getSnapshot().context;
    const program = programs.get(name)?.getSnapshot();
    const fault = faults.get(name) ?? null;
    if (program === undefined && fault === null) {
      this.#times.delete(name);
      return undefined;
    }
    const times = this.#times.get(name);
    const context = program?.context;
    // A worker thread, or a supervisor in this process, has none.
    const pid = context?.pid || null;
    return {
      name,
      state: program?.value ?? null,
      // What the files say: a shutdown does not change it.
      wanted: specs.get(name)?.wanted ?? context?.wanted ?? null,
      pid,
      since: iso(times?.since),
      startedAt: pid === null ? null : iso(times?.startedAt),
      run: context?.run ?? null,
      starts: context?.starts ?? 0,
      restarts: Math.max(0, (context?.starts ?? 0) - 1),
      instantDeaths: context?.instantDeaths ?? 0,
      lastExit: context?.lastExit ? { ...context.lastExit, at: iso(times?.exitAt) ?? '' } : null,
      nextStartAt: iso(times?.nextStartAt),
      killAt: iso(times?.killAt),
      error: fault ?? context?.error ?? null,
      rejected: fault,
      revision: context?.spec.revision ?? null,
      group: context?.spec.groups ?? [],
      stragglers: context?.stragglers ?? [],
      ...(context?.spec.colony !== undefined && { colony: context.spec.colony }),
    };
  }
}

function iso(time: number | null | undefined): string | null {
  return time === null || time === undefined ? null : new Date(time).toISOString();
}
