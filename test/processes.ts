import { readdirSync, readFileSync, statSync } from 'node:fs';

/** What a test wants to know of a process, read from /proc with nothing of ours. */
export interface SeenProcess {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The identity by which the processes of a colony name it: `device:inode` of its messages directory. */
export function colonyOf(messages: string): string {
  const { dev, ino } = statSync(messages, { bigint: true });
  return `${dev}:${ino}`;
}

/** All living processes whose environment has this entry. */
export function processesWith(name: string, value: string): SeenProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => seeProcess(Number(entry)))
    .filter((seen) => seen !== undefined)
    .filter((seen) => seen.environment[name] === value);
}

/** `undefined`: there is no such process, or it is a zombie. */
export function seeProcess(pid: number): SeenProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent, group, session] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid,
      state,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      command: stringsIn(`/proc/${pid}/cmdline`),
      environment: Object.fromEntries(stringsIn(`/proc/${pid}/environ`).map(splitOnce)),
    };
  } catch {
    return undefined;
  }
}

function stringsIn(path: string): string[] {
  return readFileSync(path, 'utf8').split('\0').slice(0, -1);
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** Ends a process that a test has started, if it still is there. */
export function endForGood(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
