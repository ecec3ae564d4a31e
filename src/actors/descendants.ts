import { ownLineage, realUserOf, type ColonyProcess, type Survey } from '../os/process-table.js';

const rememberedRuns = 20_000;

/**
 * Tells which of the processes that carry our names in their environment may be ended.
 *
 * Anybody can put those names into the environment of a process of their own, or of a setuid program. So a process is
 * ours only if its run id is one that we gave, or its real user is one who could order the monitor anyway.
 */
export class Descendants {
  readonly #trustedUsers: ReadonlySet<number>;
  readonly #runs = new Set<string>();
  readonly #lineage = ownLineage();

  /** `trustedUsers`: uids that can write the colony's directories. `runs`: run ids on record. */
  constructor(trustedUsers: Iterable<number>, runs: Iterable<string>) {
    this.#trustedUsers = new Set(trustedUsers);
    for (const run of runs) this.#runs.add(run);
  }

  remember(run: string): void {
    this.#runs.add(run);
    if (this.#runs.size <= rememberedRuns) return;
    const [oldest] = this.#runs;
    if (oldest !== undefined) this.#runs.delete(oldest);
  }

  /** The processes of a program, any of its incarnations. */
  of(name: string, survey: Survey): ColonyProcess[] {
    return survey.named(name).filter((entry) => this.#isOurs(entry));
  }

  /** The names of all programs that have processes. */
  names(survey: Survey): Set<string> {
    return new Set(
      survey.ofColony.flatMap((entry) => (entry.name !== undefined && this.#isOurs(entry) ? [entry.name] : [])),
    );
  }

  /** Whether it is the monitor or an ancestor of it: never to be ended. */
  isOwnLineage(pid: number): boolean {
    return this.#lineage.has(pid);
  }

  #isOurs(entry: ColonyProcess): boolean {
    if (this.isOwnLineage(entry.pid)) return false;
    if (entry.run !== undefined && this.#runs.has(entry.run)) return true;
    const user = realUserOf(entry.pid);
    return user !== undefined && this.#trustedUsers.has(user);
  }
}
