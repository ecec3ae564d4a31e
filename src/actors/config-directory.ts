import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import type { ConfigScan, ConfigSynced, DirectoryNews, Fault } from '../../machines/index.js';
import { signatureAt, signatureOf } from '../protocol/directory.js';
import { maxProgramFileBytes, readFileBytes } from '../protocol/file-bytes.js';
import { isListedName } from '../protocol/file-names.js';
import { changedKeys, parseProgramFile, type ProgramFile } from '../protocol/program-file.js';
import { DirectoryRounds } from './directory-rounds.js';

export interface ConfigDirectoryHost {
  readonly path: string;
  /** Milliseconds between two full scans. */
  readonly frequency: number;
  /** Makes sure that no other monitor has the directory that stands at the path now. Throws where one has. */
  readonly take: (path: string) => void;
  /** The files in force, by name; kept up to date here, read at every spawn. */
  readonly files: Map<string, ProgramFile>;
  /** Why this file may not be obeyed, if so: for instance a `uid` when the monitor is not root. */
  readonly refuse: (file: ProgramFile, stats: BigIntStats) => Fault | undefined;
}

/** How long an empty or broken file may stay so before it is rejected: a writer may be at work. In ms. */
const graceMs = 1_000;
const firstRetryMs = 10;
/** Whoever is told of a program answers at once with all that a new one needs, which takes a third of a millisecond. */
const mostTold = 32;
/** A start takes several turns of the event loop, and each may have to wait for a slice. */
const sliceMs = 2;
// A file system's clock is coarse: a file that changed just before it was read may change again without a trace.
const settledMs = 2_000;

/** What is known of a name. */
interface Entry {
  signature: string;
  /** It may have changed without a trace since it was read. */
  unsettled: boolean;
  fault: Fault | undefined;
  /** While a broken file is given time: since when, on the monotonic clock, and the wait before the next look. */
  grace: { readonly since: number; wait: number } | undefined;
}

/** The real config actor: one directory, one JSON file a program. */
export function createConfigDirectoryActor(host: ConfigDirectoryHost) {
  return fromCallback<ConfigScan>(({ sendBack, receive }) => {
    const directory = new ConfigDirectory(host, sendBack);
    receive((scan) => directory.scan(scan));
    directory.scan({ type: 'config.scan', ticket: 0, names: 'all' });
    return () => directory.close();
  });
}

type Findings = {
  -readonly [K in 'added' | 'changed' | 'removed' | 'rejected' | 'healed' | 'warnings']: ConfigSynced[K][number][];
};

class ConfigDirectory {
  readonly #host: ConfigDirectoryHost;
  readonly #report: (event: ConfigSynced | DirectoryNews) => void;
  readonly #rounds: DirectoryRounds;
  readonly #entries = new Map<string, Entry>();
  readonly #retries = new Set<NodeJS.Timeout>();
  /** Of the last scan that was asked for. */
  #ticket = 0;
  /** Scans that were asked for and not answered yet, in the order of their tickets. */
  readonly #asked: ConfigScan[] = [];
  #closed = false;

  constructor(host: ConfigDirectoryHost, report: (event: ConfigSynced | DirectoryNews) => void) {
    this.#host = host;
    this.#report = report;
    this.#rounds = new DirectoryRounds({
      path: host.path,
      frequency: host.frequency,
      take: host.take,
      look: (names, whole) => this.#look(names, whole),
      // Who waits for a scan is answered all the same: the last good state of things is in force.
      missed: () => this.#tell(noFindings(), this.#asked.splice(0).at(-1)?.ticket ?? 0),
      report,
    });
  }

  scan({ type, ticket, names: asked }: ConfigScan): void {
    // A message may name anything, and a second way to a file is no second program.
    const names = asked === 'all' ? asked : asked.filter(isListedName);
    // A ticket that was seen before has had its answer, or will have it.
    if (ticket > this.#ticket) {
      this.#ticket = ticket;
      this.#asked.push({ type, ticket, names });
    }
    this.#rounds.request(names);
  }

  close(): void {
    this.#closed = true;
    this.#rounds.close();
    for (const retry of this.#retries) clearTimeout(retry);
  }

  async #look(names: readonly string[], whole: boolean): Promise<void> {
    const begunAfter = this.#ticket;
    // Who asked for a few does not wait for all.
    const few = whole ? this.#asked.flatMap((scan) => (scan.names === 'all' ? [] : scan.names)) : [];
    if (few.length > 0) await this.#look([...new Set(few)], false);
    let findings = noFindings();
    const vanished = whole ? [...this.#entries.keys()].filter(missingFrom(names)) : [];
    let sliceEnd = performance.now() + sliceMs;
    for (const name of [...vanished, ...names]) {
      if (this.#closed) return;
      this.#lookAt(name, !whole, findings);
      const isMuch = newsIn(findings) >= mostTold;
      if (!isMuch && performance.now() < sliceEnd) continue;
      await nextTurn();
      const urgent = whole ? this.#rounds.takeUrgent() : [];
      if (isMuch || urgent.length > 0) {
        // A name may be told twice, and what is told first is what was found first.
        this.#tell(findings, 0);
        findings = noFindings();
      }
      if (urgent.length > 0) await this.#look(urgent, false);
      sliceEnd = performance.now() + sliceMs;
    }
    this.#tell(findings, this.#answer(begunAfter, whole ? 'all' : new Set(names)));
  }

  /** The ticket up to which every scan is answered when these have been looked at; 0 when none is by that. */
  #answer(begunAfter: number, looked: ReadonlySet<string> | 'all'): number {
    if (this.#asked.length === 0) return 0;
    // What was looked at has gone away meanwhile, or another stands in its place: that says nothing yet.
    if (!this.#rounds.stands()) {
      this.#rounds.request('all');
      return 0;
    }
    const isMet = ({ ticket, names }: ConfigScan) =>
      ticket <= begunAfter && (looked === 'all' || (names !== 'all' && names.every((name) => looked.has(name))));
    const unmet = this.#asked.findIndex((scan) => !isMet(scan));
    const met = this.#asked.splice(0, unmet === -1 ? Infinity : unmet);
    return met.at(-1)?.ticket ?? 0;
  }

  #tell(findings: Findings, ticket: number): void {
    const isNews = ticket > 0 || newsIn(findings) > 0;
    if (isNews && !this.#closed) this.#report({ type: 'config.synced', ...findings, ticket });
  }

  #lookAt(name: string, hinted: boolean, findings: Findings): void {
    const path = join(this.#host.path, name);
    const known = this.#entries.get(name);
    if (known !== undefined && !hinted && !known.unsettled && known.grace === undefined) {
      if (signatureAt(path) === known.signature) return;
    }
    const read = readFileBytes(path, maxProgramFileBytes);
    if (read.kind === 'missing' || read.kind === 'irregular') {
      if (this.#rounds.stands()) return this.#gone(name, findings);
      // The directory went away meanwhile, which says nothing of its files.
      return this.#rounds.request('all');
    }
    if (read.kind === 'unreadable') return this.#bad(name, '', read.error, false, findings);

    const signature = signatureOf(read.stats);
    const standing = this.#host.files.get(name);
    // A file may have changed without a trace, and is read again for that; most have not.
    const isAsItWas = standing !== undefined && read.bytes.equals(Buffer.from(standing.text));
    const parsed = isAsItWas ? ({ ok: true, file: standing } as const) : parseProgramFile(name, read.bytes);
    if (!parsed.ok) return this.#bad(name, signature, parsed.error, parsed.unfinished, findings);
    const refusal = this.#host.refuse(parsed.file, read.stats);
    if (refusal !== undefined) return this.#bad(name, signature, refusal, false, findings);

    if (known?.fault !== undefined) findings.healed.push(name);
    const unsettled = Math.abs(Date.now() - Number(read.stats.ctimeMs)) < settledMs;
    this.#entries.set(name, { signature, unsettled, fault: undefined, grace: undefined });
    this.#good(name, parsed.file, findings);
  }

  #good(name: string, file: ProgramFile, findings: Findings): void {
    const before = this.#host.files.get(name);
    this.#host.files.set(name, file);
    if (before === undefined) findings.added.push(file.spec);
    else if (before.spec.revision !== file.spec.revision || before.spec.wanted !== file.spec.wanted) {
      findings.changed.push({ spec: file.spec, keys: changedKeys(before, file) });
    }
    if (before?.text !== file.text) {
      for (const warning of file.warnings) findings.warnings.push({ name, warning });
    }
  }

  #bad(name: string, signature: string, fault: Fault, unfinished: boolean, findings: Findings): void {
    const known = this.#entries.get(name);
    const entry: Entry = known ?? { signature, unsettled: false, fault: undefined, grace: undefined };
    this.#entries.set(name, entry);
    const now = performance.now();
    if (unfinished && entry.fault === undefined) {
      // Each change of the file shows that the writer is still at work.
      if (entry.grace === undefined || entry.signature !== signature) entry.grace = { since: now, wait: firstRetryMs };
      entry.signature = signature;
      if (now - entry.grace.since < graceMs) return this.#retry(name, entry.grace);
    }
    entry.grace = undefined;
    entry.signature = signature;
    if (entry.fault?.code === fault.code && entry.fault.message === fault.message) return;
    entry.fault = fault;
    findings.rejected.push({ name, error: fault });
  }

  #retry(name: string, grace: { wait: number }): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#rounds.request([name]);
    }, grace.wait);
    this.#retries.add(retry);
    grace.wait *= 2;
  }

  #gone(name: string, findings: Findings): void {
    if (this.#entries.get(name)?.fault !== undefined) findings.healed.push(name);
    this.#entries.delete(name);
    if (this.#host.files.delete(name)) findings.removed.push(name);
  }
}

function noFindings(): Findings {
  return { added: [], changed: [], removed: [], rejected: [], healed: [], warnings: [] };
}

const newsIn = (findings: Findings) => Object.values(findings).reduce((sum, list) => sum + list.length, 0);

function missingFrom(names: readonly string[]): (name: string) => boolean {
  const present = new Set(names);
  return (name) => !present.has(name);
}
