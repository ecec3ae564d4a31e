import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ownLineage,
  ProcessTable,
  readProcess,
  realUserOf,
  Survey,
  type ProcessEntry,
} from '../../../src/os/process-table.js';
import { endForGood } from '../../processes.js';
import { scratch } from '../scratch.js';

const patience = { interval: 5, timeout: 5_000 };

/** Starts a program in a session of its own; it is ended with the test. */
function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): number {
  const [file = '', ...rest] = args;
  const { pid } = spawn(file, rest, { env: environment, detached: true, stdio: 'ignore' });
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  onTestFinished(() => endForGood(-pid));
  return pid;
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);

describe('one process', () => {
  test('is read from /proc', () => {
    const pid = start(['sleep', '1000']);
    expect(readProcess(pid)).toEqual({
      pid,
      parent: process.pid,
      group: pid,
      session: pid,
      startTime: expect.any(Number) as number,
      zombie: false,
      kernelThread: false,
    });
    expect(realUserOf(pid)).toBe(process.getuid?.());
  });

  test('may have any name', () => {
    const odd = join(scratch(), ') Z 1 (x) 2\n3');
    symlinkSync('/bin/sleep', odd);
    const pid = start([odd, '1000']);
    expect(readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(') Z 1 (x) 2\n3');
    expect(readProcess(pid)).toMatchObject({ parent: process.pid, group: pid, session: pid, zombie: false });
  });

  test('that nobody has reaped is a zombie', async () => {
    // Its parent becomes a program that never waits for anybody.
    const parent = start(['sh', '-c', 'exit 3 & exec sleep 1000']);
    await vi.waitFor(() => expect(childrenOf(parent).map((pid) => readProcess(pid)?.zombie)).toEqual([true]), patience);
  });

  test('that is gone is none', async () => {
    const child = spawn('true', { stdio: 'ignore' });
    await once(child, 'exit');
    expect(readProcess(child.pid ?? 0)).toBeUndefined();
    expect(realUserOf(child.pid ?? 0)).toBeUndefined();
  });

  test('has a start time by which it is told from another with its number', () => {
    const [one, other] = [readProcess(process.pid), readProcess(start(['sleep', '1000']))];
    expect(one?.startTime).toBeLessThan(other?.startTime ?? 0);
  });
});

test('the lineage is this process, its ancestors, and init', () => {
  const lineage = ownLineage();
  expect(lineage).toContain(process.pid);
  expect(lineage).toContain(process.ppid);
  expect(lineage).toContain(1);
});

describe('the members of a leader', () => {
  const entry = (pid: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
    pid,
    parent: 1,
    group: pid,
    session: pid,
    startTime: pid * 10,
    zombie: false,
    kernelThread: false,
    ...more,
  });
  const pidsOf = (leader: { pid: number; startTime: number }, ...entries: ProcessEntry[]) =>
    new Survey(new Map(entries.map((one) => [one.pid, one])), []).membersOf(leader).map(({ pid }) => pid);

  test('are those of its group and of its session, itself included', () => {
    const inGroup = entry(6, { group: 5, session: 5 });
    const inSession = entry(7, { session: 5 });
    expect(pidsOf({ pid: 5, startTime: 50 }, entry(5), inGroup, inSession, entry(8))).toEqual([5, 6, 7]);
  });

  test('are also those that outlive it', () => {
    expect(pidsOf({ pid: 5, startTime: 50 }, entry(7, { session: 5 }))).toEqual([7]);
  });

  test('are no zombies', () => {
    expect(pidsOf({ pid: 5, startTime: 50 }, entry(5, { zombie: true }))).toEqual([]);
  });

  test('are none where its number belongs to another process now', () => {
    const stranger = entry(5, { startTime: 51 });
    expect(pidsOf({ pid: 5, startTime: 50 }, stranger, entry(6, { group: 5, session: 5 }))).toEqual([]);
  });

  test('are those of its number where its start time could not be read', () => {
    expect(pidsOf({ pid: 5, startTime: 0 }, entry(5))).toEqual([5]);
  });
});

describe('a survey', () => {
  test('is gone through once, however many ask it', () => {
    const entries = new Map([[5, { ...readProcess(process.pid)!, pid: 5, group: 5, session: 5 }]]);
    const goneThrough = vi.spyOn(entries, 'values');
    const colony = [{ ...readProcess(process.pid)!, name: 'web', run: undefined }];
    const survey = new Survey(entries, colony);
    for (let index = 0; index < 10; index++) {
      expect(survey.membersOf({ pid: 5, startTime: 0 })).toHaveLength(1);
      expect(survey.named('web')).toEqual(colony);
      expect(survey.named('other')).toEqual([]);
    }
    expect(goneThrough).toHaveBeenCalledTimes(1);
  });

  test('sees what was started before it was asked for', async () => {
    const table = new ProcessTable('1:2');
    const before = table.survey(false);
    const pid = start(['sleep', '1000']);
    const after = table.survey(false);
    await before;
    expect((await after).entries.get(pid)).toMatchObject({ pid, session: pid });
  });

  test('is one for all who ask in the same moment, with environments if one of them wants them', async () => {
    const table = new ProcessTable('1:2');
    const pid = start(['sleep', '1000'], { NCOLONY_COLONY: '1:2' });
    const [one, other] = await Promise.all([table.survey(false), table.survey(true)]);
    expect(one).toBe(other);
    expect(one.ofColony.map((seen) => seen.pid)).toEqual([pid]);
  });

  test('finds the processes of a colony by their environment, and no look-alikes', async () => {
    const ours = { NCOLONY_COLONY: '1:2', NCOLONY_NAME: 'web', NCOLONY_RUN: 'run' };
    // The first variable, the last one, and one behind more than is read at once.
    const found = [
      start(['sleep', '1000'], ours),
      start(['sleep', '1000'], { A: 'a', ...ours }),
      start(['sleep', '1000'], { A: 'a'.repeat(100_000), ...ours }),
    ];
    start(['sleep', '1000'], { ...ours, NCOLONY_COLONY: '1:23' });
    start(['sleep', '1000'], { ...ours, NCOLONY_COLONY: '', X: 'NCOLONY_COLONY=1:2' });
    start(['sleep', '1000'], { ...ours, NCOLONY_COLONY: '', X_NCOLONY_COLONY: '1:2' });

    const { ofColony } = await new ProcessTable('1:2').survey(true);
    expect(ofColony.map(({ pid, name, run }) => ({ pid, name, run }))).toEqual(
      found.map((pid) => ({ pid, name: 'web', run: 'run' })),
    );
  });

  test('says of which variables there are none', async () => {
    const pid = start(['sleep', '1000'], { NCOLONY_COLONY: '1:2' });
    const { ofColony } = await new ProcessTable('1:2').survey(true);
    expect(ofColony).toMatchObject([{ pid, name: undefined, run: undefined }]);
  });
});
