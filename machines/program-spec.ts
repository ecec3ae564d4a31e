/** What the files want of a program. */
export type Wanted = 'up' | 'down';

/** How a program is asked to end. */
export interface StopManner {
  /** The first signal, such as `SIGTERM`. */
  readonly signal: string;
  /** Milliseconds until SIGKILL; `undefined`: the monitor's `killtime`. */
  readonly killtime: number | undefined;
  /** Whether the whole group gets the first signal, or the main process alone. SIGKILL always goes to everything. */
  readonly tree: boolean;
}

/**
 * What a machine knows of one program.
 *
 * It carries no environment: a spec is part of every snapshot and inspector frame. The process actor takes the
 * environment from the program's file, by `name` and `revision`, at the moment it spawns.
 */
export interface ProgramSpec {
  readonly name: string;
  /** argv; `args[0]` is the executable. */
  readonly args: readonly string[];
  readonly groups: readonly string[];
  readonly wanted: Wanted;
  readonly stop: StopManner;
  /** Identity of the content (without `wanted`): equal revisions are the same program, whatever the file's times say. */
  readonly revision: string;
  /** Where the colony is that this program is the monitor of, if it is one; the machines make nothing of it. */
  readonly colony?: string;
}

/** SIGTERM to the whole group, SIGKILL after the monitor's `killtime`. */
export const defaultStop: StopManner = { signal: 'SIGTERM', killtime: undefined, tree: true };

/**
 * The spec of a program that is given in code: `up`, of no group, ended by SIGTERM, unless `more` says otherwise. Without a
 * `revision` in `more` two specs that say the same are the same program, and a change of it restarts nothing.
 */
export function programSpec(
  name: string,
  args: readonly string[],
  more: Partial<Omit<ProgramSpec, 'name' | 'args'>> = {},
): ProgramSpec {
  const { groups = [], wanted = 'up', stop = defaultStop, ...rest } = more;
  const revision = more.revision ?? JSON.stringify([args, groups, stop]);
  return { ...rest, name, args, groups, wanted, stop, revision };
}

/** The spec of a program of which nothing is known but processes that an earlier monitor left behind. */
export function unknownProgram(name: string): ProgramSpec {
  return { name, args: [], groups: [], wanted: 'down', stop: defaultStop, revision: '' };
}
