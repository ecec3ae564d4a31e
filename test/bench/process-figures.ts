import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

interface Entry {
  readonly parent: number;
  /** Time of its start, by which one process is told from a later one of the same pid. */
  readonly startTime: string;
  /** Seconds of its own and of its children that were waited for. */
  readonly cpu: number;
}

/** Processes that are looked at again and again, some of which may have ended meanwhile. */
export type Processes = ReadonlyMap<number, string>;

function entryOf(pid: number): Entry | undefined {
  const stat = read(pid, 'stat');
  if (stat === undefined) return undefined;
  const [state = '', parent, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const ticks = fields.slice(9, 13).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(parent), startTime: fields[17] ?? '', cpu: ticks / ticksPerSecond };
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** A process and its descendants; `isLeaf`: those that are told by their command line to be none of the tree. */
export function treeOf(root: number, isLeaf: (commandLine: string) => boolean): Processes {
  const children = new Map<number, number[]>();
  const entries = new Map<number, Entry>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? entryOf(pid) : undefined;
    if (entry === undefined) continue;
    entries.set(pid, entry);
    children.set(entry.parent, [...(children.get(entry.parent) ?? []), pid]);
  }
  const tree = new Map<number, string>();
  const add = (pid: number) => {
    const entry = entries.get(pid);
    if (entry === undefined || isLeaf(read(pid, 'cmdline') ?? '')) return;
    tree.set(pid, entry.startTime);
    for (const child of children.get(pid) ?? []) add(child);
  };
  add(root);
  return tree;
}

/** Those that have not ended. */
export function livingOf(processes: Processes): number[] {
  return [...processes].filter(([pid, startTime]) => entryOf(pid)?.startTime === startTime).map(([pid]) => pid);
}

/** When a process was made, in seconds since the boot. */
export function startOf(pid: number): number | undefined {
  const entry = entryOf(pid);
  return entry === undefined ? undefined : Number(entry.startTime) / ticksPerSecond;
}

/** Seconds since the boot. */
export function uptime(): number {
  return Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
}

/** Seconds of CPU time, with what their ended children used. */
export function cpuOf(processes: Processes): number {
  return [...processes.keys()].reduce((sum, pid) => sum + (entryOf(pid)?.cpu ?? 0), 0);
}

/** Their share of the memory, in KB. */
export function pssOf(processes: Processes): number {
  return [...processes.keys()].reduce((sum, pid) => sum + kilobytes(read(pid, 'smaps_rollup'), 'Pss'), 0);
}

/** The most memory that they ever had, each by itself, in KB. */
export function peakOf(processes: Processes): number {
  return [...processes.keys()].reduce((sum, pid) => sum + kilobytes(read(pid, 'status'), 'VmHWM'), 0);
}

function kilobytes(text: string | undefined, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? 0);
}
