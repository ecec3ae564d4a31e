import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MonitorUnderTest } from './monitor-under-test.js';

export interface LogThroughput {
  readonly megabytesPerSecond: number;
  /** What the monitor used of the processors meanwhile. */
  readonly cpuSeconds: number;
  readonly peakRssMegabytes: number;
}

const megabyte = 1_000_000;

/** So many programs say so many MB each, in lines of 100 bytes, into files of `--logs`. */
export function logsThroughput(programs: number, megabytes: number, ...options: string[]): Promise<LogThroughput> {
  return inScratch(async (scratch) => {
    const logs = join(scratch, 'logs');
    const names = Array.from({ length: programs }, (_, index) => `p${index}`);
    const flood = new Flood(scratch, megabytes);
    const isDone = () => names.every((name) => sizeOf(join(logs, `${name}.log`)) === flood.bytes);
    return measure(flood, names, ['--logs', logs, '--log-size', '0', ...options], isDone);
  });
}

/** One program says so many MB into the monitor's own log, a record a line; counted is what the program says. */
export function taggedThroughput(megabytes: number): Promise<LogThroughput> {
  return inScratch(async (scratch) => {
    const log = join(scratch, 'log');
    const flood = new Flood(scratch, megabytes);
    const isDone = () => tailOf(log).includes('"msg":"done"');
    return measure(flood, ['p0'], ['--logfile', log], isDone);
  });
}

async function inScratch<T>(action: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync('/dev/shm/ncolony-bench-logs-');
  try {
    return await action(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measure(
  flood: Flood,
  names: readonly string[],
  options: readonly string[],
  isDone: () => boolean,
): Promise<LogThroughput> {
  const monitor = new MonitorUnderTest();
  try {
    for (const name of names) monitor.write(name, flood.args);
    monitor.start(...options);
    const { seconds, cpuSeconds } = await flood.time(names.length, () => monitor.cpu, isDone);
    const peakRssMegabytes = peakOf(monitor.pid);
    await monitor.stop();
    return { megabytesPerSecond: (names.length * flood.bytes) / megabyte / seconds, cpuSeconds, peakRssMegabytes };
  } finally {
    monitor.remove();
  }
}

const peakOf = (pid: number) =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Programs that wait at a gate, and then say what stands in a file. */
export class Flood {
  readonly args: readonly string[];
  /** What each of them says. */
  readonly bytes: number;
  readonly #gate: string;
  readonly #ready: string;

  constructor(scratch: string, megabytes: number) {
    const lines = join(scratch, 'lines');
    this.#gate = join(scratch, 'gate');
    this.#ready = join(scratch, 'ready');
    mkdirSync(this.#ready);
    execFileSync('mkfifo', [this.#gate]);
    writeLines(lines, megabytes);
    this.bytes = statSync(lines).size + 'done\n'.length;
    const script = `: > ${this.#ready}/$$; read x < ${this.#gate}; cat ${lines}; echo done; exec sleep 1000`;
    this.args = ['/bin/sh', '-c', script];
  }

  /** Opens the gate when so many programs wait, and measures until it is done. */
  async time(
    programs: number,
    cpu: () => number,
    isDone: () => boolean,
  ): Promise<{ seconds: number; cpuSeconds: number }> {
    while (readdirSync(this.#ready).length < programs) await pause(20);
    await pause(500);
    const cpuBefore = cpu();
    const begin = performance.now();
    closeSync(openSync(this.#gate, 'r+'));
    while (!isDone()) await pause(5);
    return { seconds: (performance.now() - begin) / 1000, cpuSeconds: cpu() - cpuBefore };
  }
}

function writeLines(path: string, megabytes: number): void {
  const file = openSync(path, 'w');
  for (let number = 0; number < megabytes; number++) {
    const lines = Array.from({ length: 10_000 }, (_, index) => String(number * 10_000 + index).padStart(18, '0'));
    writeSync(file, lines.map((line) => `${line.padEnd(99, 'x')}\n`).join(''));
  }
  closeSync(file);
}

export const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function tailOf(path: string): string {
  const tail = Buffer.alloc(4_096);
  const file = openSync(path, 'a+');
  const length = readSync(file, tail, 0, tail.length, Math.max(0, sizeOf(path) - tail.length));
  closeSync(file);
  return tail.toString('utf8', 0, length);
}
