/** By which a later monitor finds a process again, should this one die. */
export interface ProcessRecord {
  readonly name: string;
  readonly run: string;
  /** What its standard input is told by, as long as that is all by which it is known. */
  readonly stdin?: string | undefined;
  /** 0: not known yet. */
  readonly pid: number;
  /** Clock ticks after boot, as in field 22 of /proc/PID/stat; with the pid it identifies a process for good. */
  readonly startTime: number;
  /** Which boot of the machine that counts from. */
  readonly boot: string;
}

/** A line of `runs.jsonl`: a process that is about to start, or was started; or, `over`, that nothing is left of a program's last one. */
export type RunLine = ProcessRecord | { readonly name: string; readonly over: true };

/** What the lines of `runs.jsonl` say. */
export interface RecordedRuns {
  /** All, the oldest first: by their ids a process is known as ours. */
  readonly runs: readonly ProcessRecord[];
  /** The last main process of each program of which something may be left. */
  readonly last: ReadonlyMap<string, ProcessRecord>;
}

export const runLine = (line: RunLine): string => `${JSON.stringify(line)}\n`;

/** Reads `runs.jsonl`; lines of another `boot` are history, and a torn one says nothing. */
export function parseRuns(text: string, boot: string): RecordedRuns {
  const runs: ProcessRecord[] = [];
  const last = new Map<string, ProcessRecord>();
  for (const line of text.split('\n').map(parseLine)) {
    if (line === undefined) continue;
    if (!('run' in line)) {
      last.delete(line.name);
    } else if (line.boot === boot) {
      if (line.pid !== 0) runs.push(line);
      last.set(line.name, line);
    }
  }
  return { runs, last };
}

function parseLine(text: string): RunLine | undefined {
  try {
    const line = JSON.parse(text) as RunLine;
    return typeof line.name === 'string' ? line : undefined;
  } catch {
    return undefined;
  }
}
