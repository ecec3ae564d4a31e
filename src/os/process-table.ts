import { existsSync, readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { colonyVariables } from '../protocol/environment.js';
import { readProc } from './proc-file.js';

/** One process, from /proc/PID/stat. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks after boot: with the pid it identifies a process for good. */
  readonly startTime: number;
  /** A zombie is gone: it only waits for its parent. */
  readonly zombie: boolean;
  readonly kernelThread: boolean;
}

/** A process whose environment names our colony. */
export interface ColonyProcess extends ProcessEntry {
  readonly name: string | undefined;
  readonly run: string | undefined;
}

/** What one pass through /proc found. A whole crowd asks it, each for its own: so it is in order of what is asked for. */
export class Survey {
  readonly entries: ReadonlyMap<number, ProcessEntry>;
  /** Empty when environments were not asked for. */
  readonly ofColony: readonly ColonyProcess[];
  /** The living, by the number of their group and by that of their session. */
  readonly #living = new Map<number, ProcessEntry[]>();
  readonly #ofColony = new Map<string | undefined, ColonyProcess[]>();

  constructor(entries: ReadonlyMap<number, ProcessEntry>, ofColony: readonly ColonyProcess[]) {
    this.entries = entries;
    this.ofColony = ofColony;
    for (const entry of entries.values()) {
      if (entry.zombie) continue;
      addTo(this.#living, entry.group, entry);
      if (entry.session !== entry.group) addTo(this.#living, entry.session, entry);
    }
    for (const entry of ofColony) addTo(this.#ofColony, entry.name, entry);
  }

  /** The living members of a leader's session and group, itself included. */
  membersOf(leader: Leader): readonly ProcessEntry[] {
    // A number is not given to a new process while a group or session bears it. So where it belongs to another process
    // now, nothing of ours is left.
    const holder = this.entries.get(leader.pid);
    if (holder !== undefined && leader.startTime !== 0 && holder.startTime !== leader.startTime) return [];
    return this.#living.get(leader.pid) ?? [];
  }

  /** What calls itself a process of this program. */
  named(name: string): readonly ColonyProcess[] {
    return this.#ofColony.get(name) ?? [];
  }
}

/** Whether this system shows its processes; where not, only groups can be looked at. */
export const hasProc = existsSync('/proc/self/stat');

// Of the fields after the name, those up to the start time.
const readFields = 20;
const kernelThreadFlag = 0x00200000;
const sliceMs = 8;
// A machine on which processes come and go all the time always has new ones.
const mostRounds = 5;

/** Reads one process; `undefined` when there is none. Throws when that cannot be told (no descriptors left). */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readProc(`/proc/${pid}/stat`, { isOneRecord: true });
  if (stat === undefined) return undefined;
  // The name of the executable stands in parentheses and may itself contain some.
  const fields = stat.toString('latin1', stat.lastIndexOf(0x29) + 2).split(' ', readFields);
  const number = (index: number) => Number(fields[index]);
  return {
    pid,
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    parent: number(1),
    group: number(2),
    session: number(3),
    kernelThread: (number(6) & kernelThreadFlag) !== 0,
    startTime: number(19),
  };
}

/** The real user of a process; `undefined` when it is gone. */
export function realUserOf(pid: number): number | undefined {
  const uid = /^Uid:\t(\d+)/m.exec(readProc(`/proc/${pid}/status`)?.toString('latin1') ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** The monitor and its ancestors: never to be ended, whatever their environment says. */
export function ownLineage(): ReadonlySet<number> {
  const lineage = new Set([process.pid, 1]);
  for (let pid = process.ppid; pid > 1 && !lineage.has(pid); pid = readProcess(pid)?.parent ?? 0) lineage.add(pid);
  return lineage;
}

/** A process that leads, or led, a session of its own. */
export interface Leader {
  readonly pid: number;
  /** 0 where it could not be read. */
  readonly startTime: number;
}

/**
 * The table of processes. Everyone who asks in the same moment is answered by one pass, which began after they asked;
 * a pass is sliced, so that it never holds up the event loop, and never takes more than half of the time.
 */
export class ProcessTable {
  readonly #marker: Buffer;
  #waiting: { environments: boolean; answer: Promise<Survey> } | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** `colony`: the identity that our processes carry in their environment. */
  constructor(colony: string) {
    this.#marker = Buffer.from(`${colonyVariables.colony}=${colony}\0`);
  }

  /** A pass that begins after this call. `environments`: look for the colony's processes too. */
  survey(environments: boolean): Promise<Survey> {
    if (this.#waiting !== undefined) {
      this.#waiting.environments ||= environments;
      return this.#waiting.answer;
    }
    const request = { environments, answer: this.#running.then(() => this.#begin()) };
    this.#waiting = request;
    // One that failed says nothing of the next.
    this.#running = request.answer.catch(() => undefined);
    return request.answer;
  }

  async #begin(): Promise<Survey> {
    await nextTurn();
    const environments = this.#waiting?.environments ?? false;
    this.#waiting = undefined;
    return this.#pass(environments);
  }

  async #pass(environments: boolean): Promise<Survey> {
    const entries = new Map<number, ProcessEntry>();
    const ofColony: ColonyProcess[] = [];
    let sliceEnd = performance.now() + sliceMs;
    // What was born behind our back, of a parent that was gone before we came to it, is in no list but the next: listed
    // again until nobody is new.
    let fresh = listProc();
    for (let round = 0; fresh.length > 0 && round < mostRounds; round++) {
      for (const pid of fresh) {
        const entry = readProcess(pid);
        if (entry === undefined) continue;
        entries.set(pid, entry);
        const found = environments ? this.#asColonyProcess(entry) : undefined;
        if (found !== undefined) ofColony.push(found);
        if (performance.now() > sliceEnd) {
          await nextTurn();
          sliceEnd = performance.now() + sliceMs;
        }
      }
      fresh = listProc().filter((pid) => !entries.has(pid));
    }
    return new Survey(entries, ofColony);
  }

  #asColonyProcess(entry: ProcessEntry): ColonyProcess | undefined {
    if (entry.kernelThread || entry.zombie) return undefined;
    const environment = readProc(`/proc/${entry.pid}/environ`);
    if (environment === undefined || !holds(environment, this.#marker)) return undefined;
    return {
      ...entry,
      name: valueOf(environment, colonyVariables.name),
      run: valueOf(environment, colonyVariables.run),
    };
  }
}

function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function listProc(): number[] {
  return hasProc
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];
}

/** Whether `variable` (ending in NUL) stands in the block as a whole. */
function holds(environment: Buffer, variable: Buffer): boolean {
  for (let at = environment.indexOf(variable); at !== -1; at = environment.indexOf(variable, at + 1)) {
    if (at === 0 || environment[at - 1] === 0) return true;
  }
  return false;
}

function valueOf(environment: Buffer, name: string): string | undefined {
  const variable = environment
    .toString()
    .split('\0')
    .find((entry) => entry.startsWith(`${name}=`));
  return variable?.slice(name.length + 1);
}
