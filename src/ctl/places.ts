/** The two directories through which a colony is told what to do: absolute paths, or relative to the working directory. */
export interface Places {
  /** One file per program. */
  readonly config: string;
  /** One file per request; the monitor's runtime state is below it. */
  readonly messages: string;
}
