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
