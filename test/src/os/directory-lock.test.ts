import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootId } from '../../../src/os/boot.js';
import { lockDirectory as lock } from '../../../src/os/directory-lock.js';
import { readProcess } from '../../../src/os/process-table.js';
import { systemTool } from '../../../src/os/system-tools.js';
import { endForGood } from '../../processes.js';
import { scratch } from '../scratch.js';

const refusal = { code: 'ELOCKED' };

/** A refusal as a rejection, so that several answers can be looked at. */
const lockDirectory = async (path: string, flock?: null) => lock(path, flock);

describe.each([
  ['by flock', undefined],
  ['by a file, where there is no flock', null],
] as const)('a lock %s', (_how, flock) => {
  test('is had by one, and by the next when that lets go of it', async () => {
    const path = scratch();
    const held = await lockDirectory(path, flock);
    await expect(lockDirectory(path, flock)).rejects.toMatchObject(refusal);
    held.release();
    (await lockDirectory(path, flock)).release();
  });

  test('goes to exactly one of many who ask at once', async () => {
    const path = scratch();
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(path, flock)));
    const locks = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(locks).toHaveLength(1);
    locks[0]?.release();
  });

  test('is of the directory, by whatever path', async () => {
    const path = scratch();
    const other = join(scratch(), 'link');
    symlinkSync(path, other);
    const held = await lockDirectory(path, flock);
    await expect(lockDirectory(other, flock)).rejects.toMatchObject(refusal);
    held.release();
  });

  test('leaves nothing in the directory', async () => {
    const path = scratch();
    (await lockDirectory(path, flock)).release();
    expect(readdirSync(path)).toEqual([]);
  });

  test('cannot be had of what is no directory', async () => {
    const path = join(scratch(), 'nowhere');
    await expect(lockDirectory(path, flock)).rejects.toMatchObject({ code: 'EDIRECTORY' });
    writeFileSync(path, '');
    await expect(lockDirectory(path, flock)).rejects.toMatchObject({ code: 'EDIRECTORY' });
  });
});

/** Another process that holds the lock of the kernel on a directory. */
async function holderOf(path: string): Promise<number> {
  const script = 'exec 3< "$0"; "$1" -n 3 && echo locked; exec sleep 1000';
  const holder = spawn('sh', ['-c', script, path, systemTool('flock') ?? ''], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = holder.pid ?? 0;
  onTestFinished(() => endForGood(pid));
  await once(holder.stdout, 'data');
  return pid;
}

test('who is refused is told the pid of the holder', async () => {
  const path = scratch();
  const pid = await holderOf(path);
  await expect(lockDirectory(path)).rejects.toThrow(`${path}: another monitor has this directory, pid ${pid}`);
});

test('the lock of a process that was killed is free', async () => {
  const path = scratch();
  const pid = await holderOf(path);
  endForGood(pid);
  await expect
    .poll(() =>
      lockDirectory(path).then(
        (held) => held.release() ?? 'free',
        () => 'held',
      ),
    )
    .toBe('free');
});

test('children do not keep the lock of a monitor that is gone', async () => {
  const path = scratch();
  const held = await lockDirectory(path);
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  onTestFinished(() => endForGood(child.pid ?? 0));
  held.release();
  (await lockDirectory(path)).release();
  expect(child.exitCode).toBeNull();
});

describe('a file that names a holder', () => {
  const lockFile = '.ncolony.lock.1';

  test('tells who is refused its pid', async () => {
    const path = scratch();
    const held = await lockDirectory(path, null);
    await expect(lockDirectory(path, null)).rejects.toThrow(`pid ${process.pid}`);
    held.release();
  });

  test.for(['removed', 'moved away with its directory'] as const)('can be let go of when it was %s', async (how) => {
    const path = join(scratch(), 'directory');
    mkdirSync(path);
    const held = await lockDirectory(path, null);
    if (how === 'removed') rmSync(join(path, lockFile));
    else renameSync(path, `${path}.away`);
    expect(() => held.release()).not.toThrow();
  });

  test('is let alone where it is somebody else’s by now', async () => {
    const path = scratch();
    const held = await lockDirectory(path, null);
    const other = { pid: process.ppid, startTime: readProcess(process.ppid)?.startTime, boot: bootId };
    writeFileSync(join(path, lockFile), JSON.stringify(other));
    held.release();
    await expect(lockDirectory(path, null)).rejects.toThrow(`pid ${process.ppid}`);
  });

  test.for([
    ['a process that is gone', '{"pid": 4194303, "startTime": 1}'],
    ['a process whose number is another’s now', `{"pid": ${process.pid}, "startTime": 1}`],
    ['nobody: it is empty', ''],
  ] as const)('is stale where it names %s, and goes to exactly one of many', async ([, content]) => {
    const path = scratch();
    writeFileSync(join(path, lockFile), content);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(path, null)));
    const locks = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(locks).toHaveLength(1);
    locks[0]?.release();
    expect(readdirSync(path)).toEqual([]);
  });
});
