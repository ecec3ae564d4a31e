import type { Fact, SupervisorRef } from '../machines/index.js';
import { unknownProgram } from './ctl/programs.js';
import { SeenColonies } from './ctl/status/seen-colonies.js';
import { rowOf, type StatusReport } from './ctl/status/status.js';
import { ProgramStatuses } from './observers/program-statuses.js';

/** What `ctl status` tells, from the actors of this process instead of the files that they lead to. */
export class LiveStatus {
  readonly #supervisor: SupervisorRef;
  readonly #monitor: NonNullable<StatusReport['monitor']>;
  readonly #statuses: ProgramStatuses;

  readonly #messages: string;

  /** `messages`: the colony's directory of that name. */
  constructor(supervisor: SupervisorRef, monitor: NonNullable<StatusReport['monitor']>, messages: string) {
    this.#supervisor = supervisor;
    this.#messages = messages;
    this.#monitor = monitor;
    this.#statuses = new ProgramStatuses(supervisor);
  }

  observe(fact: Fact): void {
    this.#statuses.observe(fact);
  }

  /** Of all programs, by name, or of one. Throws `EUNKNOWN`. */
  report(name?: string): StatusReport {
    const { status, context } = this.#supervisor.getSnapshot();
    const { programs, specs, faults } = context;
    const isLive = status === 'active';
    const names = name === undefined ? [...new Set([...programs.keys(), ...faults.keys()])].sort() : [name];
    const found = names.map((each) => this.#statuses.statusOf(each)).filter((program) => program !== undefined);
    if (name !== undefined && found.length === 0) throw unknownProgram(name);
    const seen = new SeenColonies();
    seen.see({ messages: this.#messages });
    return {
      version: 1,
      silentFor: null,
      monitor: isLive ? this.#monitor : null,
      programs: found.map((program) =>
        rowOf(program, isLive, specs.has(program.name) || faults.has(program.name), seen),
      ),
    };
  }
}
