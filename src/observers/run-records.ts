import { constants, fstatSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { bootId } from '../os/boot.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { runLine, type ProcessRecord, type RecordedRuns, type RunLine } from '../protocol/run-record.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { closed } from '../os/closed.js';

/** A file with more lines is written anew, with the last processes of all programs and so many runs. */
const mostLines = 10_000;
const keptRuns = 2_000;
/** How long it holds that the file is in its place, for lines that may be lost: a crowd of starts writes thousands. */
const seenMs = 5;

/**
 * Keeps `runs.jsonl`: a line is appended before a start and one after it, so that a monitor can be killed between any two
 * instructions and leaves a trace of its process, which perhaps takes its names out of its environment at once.
 */
export class RunRecords {
  readonly #path: string;
  readonly #writer: CarefulWriter;
  readonly #last: Map<string, ProcessRecord>;
  #runs: ProcessRecord[];
  #lines = 0;
  #descriptor: number | undefined;
  #seen = 0;
  /** Processes that were started a moment ago, by the names of their programs: what was announced tells enough so long. */
  readonly #fresh = new Map<string, { readonly run: string; readonly pid: number }>();

  /** `before`: what an earlier monitor left on record, which stays there until it is over. */
  constructor(path: string, before: RecordedRuns, warn: (problem: string) => void) {
    this.#path = path;
    this.#writer = new CarefulWriter(dirname(path), warn);
    this.#last = new Map(before.last);
    this.#runs = [...before.runs];
  }

  /** The last main process of each program of which something may be left. */
  get last(): ReadonlyMap<string, ProcessRecord> {
    return this.#last;
  }

  /** A process is about to be started. */
  announce({ name, run, stdin }: Pick<ProcessRecord, 'name' | 'run' | 'stdin'>): void {
    const record = { name, run, stdin, pid: 0, startTime: 0, boot: bootId };
    this.#last.set(name, record);
    // Lost, it would leave a process to nobody.
    this.#seen = 0;
    this.#write(record);
  }

  /** What there will ever be known of the process that was started last; `startTime`: 0 where it ended too soon. */
  identify({ name, run, startTime }: Pick<ProcessRecord, 'name' | 'run' | 'startTime'>): void {
    if (this.#fresh.get(name)?.run === run) this.#settle(name, startTime);
  }

  observe(fact: Fact): void {
    switch (fact.type) {
      case 'program.started':
        this.#fresh.set(fact.name, { run: fact.run, pid: fact.pid });
        break;
      case 'program.starting':
      case 'program.backing-off':
      case 'program.stopped':
        this.#settle(fact.name);
        if (this.#last.delete(fact.name)) this.#write({ name: fact.name, over: true });
        break;
      default:
    }
  }

  /** Makes good what was lost: the next line may never come, and this monitor be killed before it. */
  check(): void {
    this.#seen = 0;
    if (this.#last.size > 0) this.#write();
  }

  /** No record is needed where nothing is left. */
  close(): void {
    for (const name of this.#fresh.keys()) this.#settle(name);
    this.#letGo();
    if (this.#last.size === 0) this.#writer.attempt(() => this.#atPath((path) => rmSync(path, { force: true })));
  }

  #settle(name: string, startTime = 0): void {
    const started = this.#fresh.get(name);
    if (started === undefined) return;
    this.#fresh.delete(name);
    // One that is gone has left its pid to others: what it leaves behind is still told by its standard input.
    const stdin = startTime === 0 ? this.#last.get(name)?.stdin : undefined;
    const record = { name, ...started, startTime, boot: bootId, ...(stdin !== undefined && { stdin }) };
    this.#last.set(name, record);
    this.#runs.push(record);
    this.#write(record);
  }

  #write(line?: RunLine): void {
    // What fails leaves half a line, or none: then everything is written anew, with the next line or at the next check.
    const isWritten = this.#writer.attempt(() => {
      const descriptor = this.#lines < mostLines ? this.#inPlace() : undefined;
      if (descriptor === undefined) {
        this.#writeAnew();
      } else if (line !== undefined) {
        writeWhole(descriptor, runLine(line));
        this.#lines++;
      }
    });
    if (!isWritten) this.#letGo();
  }

  /** The file that was written last, if it still is the one that the next monitor will read. */
  #inPlace(): number | undefined {
    if (this.#descriptor === undefined || performance.now() < this.#seen + seenMs) return this.#descriptor;
    this.#seen = performance.now();
    const written = fstatSync(this.#descriptor);
    const standing = statSync(this.#path, { throwIfNoEntry: false });
    return standing?.ino === written.ino && standing.dev === written.dev ? this.#descriptor : undefined;
  }

  #writeAnew(): void {
    this.#letGo();
    this.#runs = this.#runs.slice(-keptRuns);
    const names = new Set(this.#runs.map(({ name }) => name));
    const over = [...names].filter((name) => !this.#last.has(name)).map((name) => ({ name, over: true }) as const);
    const lines = [...this.#runs, ...over, ...this.#last.values()];
    this.#atPath((path) => {
      writeFileAtomically(path, lines.map(runLine).join(''));
      this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
    });
    // So that a crowd larger than the limit is not written anew at every line.
    this.#lines = lines.length - this.#last.size;
  }

  #atPath(action: (path: string) => void): void {
    inRuntimeDirectory(dirname(this.#path), (directory) => action(join(directory, basename(this.#path))));
  }

  #letGo(): void {
    // What it says was said when the line was written, or is made good by the next one.
    closed(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function writeWhole(descriptor: number, line: string): void {
  if (writeSync(descriptor, line) < Buffer.byteLength(line)) throw new Error('ENOSPC: no space left on device, write');
}
