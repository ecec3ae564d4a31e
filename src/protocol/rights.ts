import type { Fault } from '../../machines/index.js';

/** As whom, and within which limits, a program runs. What is absent stays as the monitor has it. */
export interface Rights {
  readonly user?: {
    readonly uid?: number | undefined;
    readonly gid?: number | undefined;
    readonly name?: string | undefined;
  };
  readonly directory?: string;
  /** Permission bits that new files do not get. */
  readonly umask?: number;
  /** Resource limits, by the names of prlimit(1). */
  readonly limits?: Readonly<Partial<Record<string, number | 'unlimited'>>>;
  /** The signal that the process gets when the monitor dies. */
  readonly deathSignal?: NodeJS.Signals;
}

/** Why a monitor that is not root cannot give these rights. */
export function userFault({ user }: Rights): Fault | undefined {
  if (user === undefined) return undefined;
  const key = user.name !== undefined ? 'ncolony.user' : user.uid !== undefined ? 'uid' : 'gid';
  return { code: 'EPRIVILEGE', message: `${key}: only a monitor that runs as root can run a program as somebody else` };
}
