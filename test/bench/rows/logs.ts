import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { cpuOf, peakOf } from '../process-figures.js';
import { shell } from '../programs.js';
import { patienceMs, Trial } from '../trial.js';

const lineBytes = 100;
/** For so long nothing more may come before it is taken for all, ms. */
const quietMs = 1_000;
const stepMs = 2;

/** So many programs that say so many megabytes each, all at once, until the last byte is in a file. */
export async function logs(results: Measurements, peer: Peer, programs: number, megabytes: number, tag = '') {
  const trial = new Trial(peer);
  const row = `log ${programs} × ${megabytes} MB${tag}`;
  try {
    const { output } = trial.supervisor;
    if (output === undefined) return;
    const text = join(trial.home, 'text');
    const bytes = megabytes * 1_000_000;
    writeFileSync(text, `${'x'.repeat(lineBytes - 1)}\n`.repeat(bytes / lineBytes));
    const go = join(trial.home, 'go');
    execFileSync('mkfifo', [go]);
    for (let index = 0; index < programs; index++) {
      const line = `: <${go}; /bin/cat ${text}; exec /bin/sleep ${trial.idlers.word(index)}`;
      trial.supervisor.write(shell(`p${index}`, line));
    }
    trial.start(programs);
    await pause(3_000);
    const own = trial.processes();
    const cpuBefore = cpuOf(own);
    const expected = sizeOf(output) + programs * bytes;
    // Whoever waits for a writer goes on.
    const gate = openSync(go, constants.O_RDWR);
    const { seconds, size } = await untilQuiet(output, expected);
    closeSync(gate);
    if (size < expected) throw new Error(`${row}: ${expected - size} bytes are missing`);
    results.add(row, peer.name, programs, (programs * megabytes) / seconds, 'MB/s');
    results.add(`${row}, CPU`, peer.name, programs, cpuOf(own) - cpuBefore, 'CPU s');
    results.add(`${row}, peak memory`, peer.name, programs, peakOf(own) / 1024, 'MB');
  } finally {
    await trial.end();
  }
}

/** Seconds from now to the last growth of the output. */
async function untilQuiet(output: string, expected: number): Promise<{ seconds: number; size: number }> {
  const begin = performance.now();
  let last = begin;
  let size = 0;
  for (;;) {
    const grown = sizeOf(output);
    const now = performance.now();
    if (grown > size) last = now;
    size = grown;
    if (now - last > (size < expected ? patienceMs / 3 : quietMs)) return { seconds: (last - begin) / 1000, size };
    await pause(stepMs);
  }
}

function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
