import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LeftoversInput, ProcessCommand, ProcessEvent } from '../../../machines/index.js';
import { Descendants } from '../../../src/actors/descendants.js';
import { createLeftoversActor, namesOfLeftovers, type LeftoversHost } from '../../../src/actors/leftovers.js';
import { ProcessTable, readProcess, Survey, type Leader } from '../../../src/os/process-table.js';
import { fixture } from '../../fixtures/programs.js';
import { endForGood, seeProcess } from '../../processes.js';
import { Probe } from './probe.js';

const isRoot = process.getuid?.() === 0;
const own = process.getuid?.() ?? 0;
const colony = `test:${process.pid}-leftovers`;
const identity = (name: string, run = 'an-old-run') => ({
  NCOLONY_COLONY: colony,
  NCOLONY_NAME: name,
  NCOLONY_RUN: run,
});

/** Starts what an earlier monitor could have left; it is ended with the test. */
function leave(args: readonly string[], env: NodeJS.ProcessEnv, options: SpawnOptions = {}): Leader {
  const [file = '', ...rest] = args;
  const { pid } = spawn(file, rest, { env, detached: true, stdio: 'ignore', ...options });
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  onTestFinished(() => endForGood(-pid));
  return { pid, startTime: readProcess(pid)?.startTime ?? 0 };
}

function hostWith({
  recorded = [],
  runs = [],
}: { recorded?: [string, Leader][]; runs?: string[] } = {}): LeftoversHost {
  const descendants = new Descendants([own], runs);
  const records = recorded.map(([name, leader]) => [name, { name, run: 'an-old-run', boot: '', ...leader }] as const);
  return { table: new ProcessTable(colony), descendants, recorded: new Map(records) };
}

/** Ends the leftovers of a program, politely. */
async function reap(host: LeftoversHost, name: string): Promise<Probe<ProcessCommand, ProcessEvent, LeftoversInput>> {
  const probe = new Probe<ProcessCommand, ProcessEvent, LeftoversInput>(createLeftoversActor(host), { name });
  probe.tell({ type: 'process.terminate', signal: 'SIGTERM', tree: true });
  await probe.next('process.gone');
  return probe;
}

const isThere = ({ pid }: Leader) => seeProcess(pid) !== undefined;

describe('leftovers', () => {
  test('are found by the environment and ended, those of one program only', async () => {
    const [mine, other] = [leave(['sleep', '1000'], identity('mine')), leave(['sleep', '1000'], identity('other'))];
    const host = hostWith();
    expect((await namesOfLeftovers(host)).sort()).toEqual(['mine', 'other']);
    const { events } = await reap(host, 'mine');
    expect(events).toEqual([{ type: 'process.gone' }]);
    expect([isThere(mine), isThere(other)]).toEqual([false, true]);
  });

  test('are found by the record where the environment says nothing', async () => {
    const leader = leave(['sleep', '1000'], {});
    const host = hostWith({ recorded: [['mine', leader]] });
    expect(await namesOfLeftovers(host)).toEqual(['mine']);
    await reap(host, 'mine');
    expect(isThere(leader)).toBe(false);
  });

  test('are also the members of a recorded session whose leader is gone', async () => {
    const child = spawn('sh', ['-c', 'sleep 1000 & exit'], { env: {}, detached: true, stdio: 'ignore' });
    const leader = { pid: child.pid ?? 0, startTime: readProcess(child.pid ?? 0)?.startTime ?? 0 };
    onTestFinished(() => endForGood(-leader.pid));
    await once(child, 'exit');
    const host = hostWith({ recorded: [['mine', leader]] });
    expect(await namesOfLeftovers(host)).toEqual(['mine']);
    await reap(host, 'mine');
    expect(await namesOfLeftovers(host)).toEqual([]);
  });

  test('that ignore the signal are named, and take SIGKILL', async () => {
    const child = spawn(fixture('deaf'), {
      env: identity('mine'),
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => endForGood(-(child.pid ?? 0)));
    await once(child.stdout, 'data');
    const input = { name: 'mine' };
    const probe = new Probe<ProcessCommand, ProcessEvent, LeftoversInput>(createLeftoversActor(hostWith()), input);
    probe.tell({ type: 'process.terminate', signal: 'SIGTERM', tree: true });
    expect((await probe.next('process.lingering')).pids).toContain(child.pid);
    probe.tell({ type: 'process.kill' });
    await probe.next('process.gone');
    expect(seeProcess(child.pid ?? 0)).toBeUndefined();
  });
});

describe('what is no leftover is not touched', () => {
  /** What is there of it after everything was tried. */
  const afterReap = async (host: LeftoversHost, stranger: Leader) => {
    const names = await namesOfLeftovers(host);
    await reap(host, 'mine');
    return { names, isThere: isThere(stranger) };
  };
  const untouched = { names: [], isThere: true };

  test('a process that has a recorded number by chance', async () => {
    const stranger = leave(['sleep', '1000'], {});
    const before = { pid: stranger.pid, startTime: stranger.startTime - 1 };
    expect(await afterReap(hostWith({ recorded: [['mine', before]] }), stranger)).toEqual(untouched);
  });

  test('a process of another colony', async () => {
    const stranger = leave(['sleep', '1000'], { ...identity('mine'), NCOLONY_COLONY: `${colony}0` });
    expect(await afterReap(hostWith(), stranger)).toEqual(untouched);
  });

  test.runIf(isRoot)('a process of somebody else that pretends to be ours', async () => {
    const stranger = leave(['sleep', '1000'], identity('mine', 'a-made-up-run'), { uid: 65534, gid: 65534 });
    expect(await afterReap(hostWith({ runs: ['a-run-on-record'] }), stranger)).toEqual(untouched);
  });

  test('this process and its ancestors', () => {
    const entries = [process.pid, process.ppid, 1].map((pid) =>
      Object.assign(readProcess(pid)!, { name: 'mine', run: 'a-run-on-record' }),
    );
    const descendants = new Descendants([0, own], ['a-run-on-record']);
    const survey = new Survey(new Map(), entries);
    expect(descendants.of('mine', survey)).toEqual([]);
    expect(descendants.names(survey).size).toBe(0);
  });
});

test.runIf(isRoot)('a process of another user is a leftover when its run is on record', async () => {
  const leader = leave(['sleep', '1000'], identity('mine', 'a-run-on-record'), { uid: 65534, gid: 65534 });
  const host = hostWith({ runs: ['a-run-on-record'] });
  expect(await namesOfLeftovers(host)).toEqual(['mine']);
  await reap(host, 'mine');
  expect(isThere(leader)).toBe(false);
});
