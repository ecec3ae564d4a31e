import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine, Timings } from '../../machines/index.js';
import { ColonyError, messageOf, reasonOf } from '../../src/errors.js';
import { closed } from '../../src/os/closed.js';
import { readFileBytes } from '../../src/protocol/file-bytes.js';
import { version } from '../../src/version.js';
import { ColonyView, namesIn } from '../colony-view.js';
import { flowOf } from '../flows.js';
import type { Flow, ServerMessage, Told } from '../live-protocol.js';

/** A file of this size becomes the older one of two. */
const fullBytes = 8 * 1024 * 1024;
/** A moment of a large colony may take a file beyond that, but not so far. */
const mostBytesRead = 8 * fullBytes;
const beginning = '{"type":"hello"';
const coalesceMs = 100;
const mostFlows = 1_000;
const retryMs = 5_000;
/** Facts from before a file, at its beginning. */
const mostFactsBefore = 50;

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** Not through a link, and without waiting at a fifo. */
const carefully = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

export interface RecorderOptions {
  readonly file: string;
  readonly timings: Timings;
  readonly root: ActorRefFrom<typeof supervisorMachine>;
  readonly warn: (problem: string) => void;
}

/**
 * Writes down what a viewer would have been told, a JSON line a moment, for `ncolony replay`. What it takes on the disk is
 * bounded: FILE and FILE.1, of 8 MiB each. Each begins with the state of everything. Who starts again goes on in FILE:
 * a monitor that is started over and over does not push out of it what led to that.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #view: ColonyView;
  readonly #since = new Date().toISOString();
  readonly #dirty = new Set<string>();
  #facts: Told[] = [];
  #flows: Flow[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #descriptor: number | undefined;
  #size = 0;
  #lostAt: number | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#view = new ColonyView(options.root);
    options.root.system.inspect((event) => {
      const flow = flowOf(event, Date.now());
      if (flow === undefined) return;
      if (this.#flows.length < mostFlows) this.#flows.push(flow);
      else this.#dropped += 1;
      this.#flushSoon();
    });
  }

  observe(fact: Fact): void {
    this.#facts.push(this.#view.observe(fact));
    for (const name of namesIn(fact)) this.#dirty.add(name);
    this.#flushSoon();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#flush();
    this.#letGo();
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), coalesceMs).unref();
  }

  #flush(): void {
    this.#timer = undefined;
    const lines = this.#changes().map((message) => `${JSON.stringify(message)}\n`);
    if (this.#lostAt !== undefined && performance.now() - this.#lostAt < retryMs) return;
    try {
      if (this.#descriptor === undefined || this.#size > fullBytes) this.#begin();
      for (const line of lines) this.#write(line);
      this.#lostAt = undefined;
    } catch (error) {
      if (this.#lostAt === undefined) {
        this.#options.warn(`${this.#options.file}: the recording is being lost (${messageOf(error)})`);
      }
      this.#lostAt = performance.now();
      this.#letGo();
    }
  }

  /** What is new, which is new no more. */
  #changes(): ServerMessage[] {
    const now = Date.now();
    const programs = [...this.#dirty].map((name) => [name, this.#view.program(name)] as const);
    const changes: ServerMessage = {
      type: 'changes',
      now,
      programs: programs.flatMap(([, program]) => program ?? []),
      removed: programs.flatMap(([name, program]) => (program === undefined ? [name] : [])),
      facts: this.#facts,
      stopping: this.#view.isStopping,
    };
    const flows: ServerMessage = { type: 'flows', flows: this.#flows, dropped: this.#dropped };
    const messages = [...(this.#facts.length > 0 ? [changes] : []), ...(this.#flows.length > 0 ? [flows] : [])];
    this.#dirty.clear();
    this.#facts = [];
    this.#flows = [];
    this.#dropped = 0;
    return messages;
  }

  #begin(): void {
    const { file, timings } = this.#options;
    this.#letGo();
    if (!hasRoom(file)) moveAway(file);
    const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | carefully, 0o600);
    this.#descriptor = descriptor;
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new Error('is not a regular file');
    this.#size = found.size;
    // The last line of a monitor that was killed may be torn.
    if (found.size > 0) this.#write('\n');
    const monitor = { pid: process.pid, since: this.#since, version };
    const programs = this.#view.programs();
    const facts = this.#view.told.slice(-mostFactsBefore);
    const hello: ServerMessage = { type: 'hello', now: Date.now(), monitor, timings, control: false, programs, facts };
    this.#write(`${JSON.stringify(hello)}\n`);
  }

  #letGo(): void {
    closed(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(line: string): void {
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.#descriptor ?? -1, bytes, written);
    }
    this.#size += bytes.length;
  }
}

/** Whether it is a recording that is not full. */
function hasRoom(file: string): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | carefully);
    const found = fstatSync(descriptor);
    const start = Buffer.alloc(beginning.length);
    if (found.isFile()) readSync(descriptor, start);
    return found.size <= fullBytes && start.toString() === beginning;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A directory is somebody's: what is no file stays where it is, and nothing is recorded as long as it is there. */
function moveAway(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) throw new Error('is not a regular file');
  renameSync(file, `${file}.1`);
}

/** A recording with the older part before it. Throws `EUSAGE`. */
export function readRecording(file: string): string {
  const found = readText(file);
  if (found.kind !== 'text') throw new ColonyError('EUSAGE', `${file}: ${refusals[found.kind]}`);
  if (!isRecording(found.text)) throw new ColonyError('EUSAGE', `${file}: is not a recording`);
  const older = readText(`${file}.1`);
  return older.kind === 'text' && isRecording(older.text) ? older.text + found.text : found.text;
}

const isRecording = (text: string) => text.startsWith(beginning);

const refusals = { missing: 'there is no such file', irregular: 'is not a regular file' } as const;

/** Throws `EUSAGE` where there is a file that cannot be read. */
function readText(file: string): { kind: 'text'; text: string } | { kind: keyof typeof refusals } {
  const found = readFileBytes(file, mostBytesRead);
  if (found.kind === 'missing' || found.kind === 'irregular') return found;
  if (found.kind === 'unreadable') {
    throw new ColonyError('EUSAGE', `${file}: cannot be read (${reasonOf(found.error.message)})`);
  }
  if (found.bytes.length > mostBytesRead) throw new ColonyError('EUSAGE', `${file}: is too large`);
  return { kind: 'text', text: found.bytes.toString() };
}
