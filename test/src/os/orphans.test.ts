import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { leftOrphans } from '../../../src/os/orphans.js';
import { endForGood, seeProcess } from '../../processes.js';

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
    await vi.waitFor(() => expect(leftOrphans({ pid, startTime: 0 })).toBe(true), { interval: 5, timeout: 5_000 });
  } finally {
    endForGood(orphan);
  }
});
