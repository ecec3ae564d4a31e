import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { leftOrphans } from '../../../src/os/orphans.js';
import { readProcess } from '../../../src/os/process-table.js';
import { endForGood, seeProcess } from '../../processes.js';
import { scratch } from '../scratch.js';

vi.mock('../../../src/os/process-table.js', { spy: true });

// While somebody of the machine comes or goes nothing can be told.
const patience = { interval: 5, timeout: 5_000 };

/** Runs a script, in a session of its own, to its end; resolves to its pid and what it said. */
async function run(script: string): Promise<{ pid: number; said: string }> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const said = text(child.stdout);
  await once(child, 'exit');
  return { pid: child.pid ?? 0, said: await said };
}

test('a leader that dies with all its children leaves none', async () => {
  const { pid } = await run('sleep 0 & wait');
  expect(leftOrphans({ pid, startTime: 0 })).toBe(false);
});

test('who outlives its leader in its session is found', async () => {
  const { pid, said } = await run('sleep 1000 > /dev/null & echo $!');
  const orphan = Number(said);
  try {
    expect(seeProcess(orphan)).toMatchObject({ session: pid });
    await vi.waitFor(() => expect(leftOrphans({ pid, startTime: 0 })).toBe(true), patience);
  } finally {
    endForGood(orphan);
  }
});

test('who was known to be no member, or one, is believed only as long as that holds', async () => {
  const fifo = `${scratch()}/leave`;
  const { pid, said } = await run(`mkfifo ${fifo}; (read _ < ${fifo}; exec setsid sleep 1000) > /dev/null & echo $!`);
  const orphan = Number(said);
  const leftBy = (leader: number) => leftOrphans({ pid: leader, startTime: 0 });
  try {
    await vi.waitFor(() => expect(leftBy(pid)).toBe(true), patience);
    await vi.waitFor(() => expect([leftBy(orphan), leftBy(pid)]).toEqual([false, true]), patience);
    // It fails as long as nobody reads.
    const leave = () => closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
    await vi.waitFor(leave, patience);
    await vi.waitFor(() => expect(seeProcess(orphan)?.session).toBe(orphan), patience);
    await vi.waitFor(() => expect(leftBy(pid)).toBe(false), patience);
  } finally {
    endForGood(orphan);
  }
});

test('an orphan that is known is not read again for each leader', async () => {
  const { pid, said } = await run('sleep 1000 > /dev/null & echo $!');
  try {
    await vi.waitFor(() => expect(leftOrphans({ pid, startTime: 0 })).toBe(true), patience);
    const reads = vi.mocked(readProcess);
    reads.mockClear();
    await vi.waitFor(() => expect(leftOrphans({ pid: 4_194_303, startTime: 0 })).toBe(false), patience);
    expect(reads.mock.calls.filter(([read]) => read === Number(said))).toEqual([]);
  } finally {
    endForGood(Number(said));
  }
});
