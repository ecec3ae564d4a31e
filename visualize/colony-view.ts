import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine } from '../machines/index.js';
import { ProgramStatuses } from '../src/observers/program-statuses.js';
import type { ProgramView, Told } from './live-protocol.js';

/** Facts kept of each program, and of the whole. */
const keptOfOne = 120;
const keptOfAll = 200;

/** Everything that viewers are told, by what the machines know and what they told so far. Bounded in memory. */
export class ColonyView {
  readonly #supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly #clock: () => number;
  readonly #statuses: ProgramStatuses;
  readonly #histories = new Map<string, Told[]>();
  readonly #told: Told[] = [];

  /** `clock`: milliseconds of the wall clock. */
  constructor(supervisor: ActorRefFrom<typeof supervisorMachine>, clock: () => number = Date.now) {
    this.#supervisor = supervisor;
    this.#clock = clock;
    this.#statuses = new ProgramStatuses(supervisor, clock);
  }

  observe(fact: Fact): Told {
    this.#statuses.observe(fact);
    const told = { at: this.#clock(), fact };
    keep(this.#told, told, keptOfAll);
    for (const name of namesIn(fact)) {
      const history = this.#histories.get(name) ?? [];
      this.#histories.set(name, history);
      keep(history, told, keptOfOne);
    }
    return told;
  }

  /** Everything that has an actor, or a file that is bad. */
  names(): string[] {
    const { programs, faults } = this.#supervisor.getSnapshot().context;
    return [...new Set([...programs.keys(), ...faults.keys()])];
  }

  programs(): ProgramView[] {
    return this.names()
      .map((name) => this.program(name))
      .filter((program) => program !== undefined);
  }

  /** `undefined`: there is none (any more), and its history is forgotten. */
  program(name: string): ProgramView | undefined {
    const status = this.#statuses.statusOf(name);
    if (status === undefined) {
      this.#histories.delete(name);
      return undefined;
    }
    const { programs } = this.#supervisor.getSnapshot().context;
    const { rejected, revision: _, ...program } = status;
    return {
      ...program,
      restartDelay: programs.get(name)?.getSnapshot().context.restartDelay ?? null,
      isRejected: rejected !== null,
    };
  }

  /** What a program's machine remembers, but for what is shown elsewhere; no actor is in it. */
  context(name: string): Readonly<Record<string, unknown>> {
    const context = this.#supervisor.getSnapshot().context.programs.get(name)?.getSnapshot().context;
    if (context === undefined) return {};
    const { spec, timings, supervisor: _, process, ...rest } = context;
    return { ...rest, process: process?.id ?? null, revision: spec.revision, stop: spec.stop, timings };
  }

  history(name: string): readonly Told[] {
    return this.#histories.get(name) ?? [];
  }

  /** The latest of everything. */
  get told(): readonly Told[] {
    return this.#told;
  }

  get isStopping(): boolean {
    return this.#supervisor.getSnapshot().value !== 'supervising';
  }
}

/** The programs that a fact is about. */
export function namesIn(fact: Fact): readonly string[] {
  if (fact.type === 'config.added') return fact.names;
  return 'name' in fact ? [fact.name] : [];
}

function keep<T>(kept: T[], one: T, most: number): void {
  kept.push(one);
  if (kept.length > most) kept.splice(0, kept.length - most);
}
