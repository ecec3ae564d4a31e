import { closeSync, constants, fstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { bootId } from '../os/boot.js';
import { readProcess } from '../os/process-table.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { runLine, type ProcessRecord, type RecordedRuns, type RunLine } from '../protocol/run-record.js';
import { CarefulWriter } from '../os/careful-writer.js';

/** A file with more lines is written anew, with the last processes of all programs and so many runs. */
const mostLines = 10_000;
const keptRuns = 2_000;

/**
 * Keeps `runs.jsonl`: one line appended in the very moment of a start, before the process has had time to take its names
 * out of its environment, so that even a monitor that is killed in the next moment leaves a trace of it.
 */
export class RunRecords {
  readonly #path: string;
  readonly #writer: CarefulWriter;
  readonly #last: Map<string, ProcessRecord>;
  #runs: ProcessRecord[];
  #lines = 0;
  #descriptor: number | undefined;

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

  observe(fact: Fact): void {
    switch (fact.type) {
      case 'program.started': {
        const { name, run, pid } = fact;
        const record = { name, run, pid, startTime: readProcess(pid)?.startTime ?? 0, boot: bootId };
        this.#last.set(name, record);
        this.#runs.push(record);
        this.#write(record);
        break;
      }
      case 'program.starting':
      case 'program.backing-off':
      case 'program.stopped':
        if (this.#last.delete(fact.name)) this.#write({ name: fact.name, over: true });
        break;
      default:
    }
  }

  /** No record is needed where nothing is left. */
  close(): void {
    this.#letGo();
    if (this.#last.size === 0) this.#writer.attempt(() => rmSync(this.#path, { force: true }));
  }

  #write(line: RunLine): void {
    // What fails leaves half a line, or none: then everything is written anew, with the next line.
    const isWritten = this.#writer.attempt(() => {
      if (this.#descriptor === undefined || this.#lines >= mostLines || fstatSync(this.#descriptor).nlink === 0) {
        this.#writeAnew();
      } else {
        writeWhole(this.#descriptor, runLine(line));
        this.#lines++;
      }
    });
    if (!isWritten) this.#letGo();
  }

  #writeAnew(): void {
    this.#letGo();
    this.#runs = this.#runs.slice(-keptRuns);
    const names = new Set(this.#runs.map(({ name }) => name));
    const over = [...names].filter((name) => !this.#last.has(name)).map((name) => ({ name, over: true }) as const);
    const lines = [...this.#runs, ...over, ...this.#last.values()];
    writeFileAtomically(this.#path, lines.map(runLine).join(''));
    this.#descriptor = openSync(this.#path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
    // So that a crowd larger than the limit is not written anew at every line.
    this.#lines = lines.length - this.#last.size;
  }

  #letGo(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function writeWhole(descriptor: number, line: string): void {
  if (writeSync(descriptor, line) < Buffer.byteLength(line)) throw new Error('ENOSPC: no space left on device, write');
}
