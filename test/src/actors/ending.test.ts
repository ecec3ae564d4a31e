import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProcessEvent } from '../../../machines/index.js';
import { Ending } from '../../../src/actors/ending.js';
import type { ProcessEntry } from '../../../src/os/process-table.js';

// The system as the test says that it is: who lives, and what each does with a signal.
const system = vi.hoisted(() => ({
  alive: new Set<number>(),
  sent: [] as [pid: number, signal: string][],
  looks: 0,
  isReadable: true,
  obey: (_pid: number, _signal: string) => {},
}));

vi.mock('../../../src/os/signal.js', () => ({
  isAlive: ({ pid }: ProcessEntry) => {
    if (!system.isReadable) throw new Error('EMFILE');
    system.looks++;
    return system.alive.has(pid);
  },
  signalProcess: ({ pid }: ProcessEntry, signal: string) => {
    if (!system.isReadable) throw new Error('EMFILE');
    if (!system.alive.has(pid)) return;
    system.sent.push([pid, signal]);
    system.obey(pid, signal);
  },
}));

const entry = (pid: number): ProcessEntry => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  startTime: pid,
  zombie: false,
  kernelThread: false,
});

const die = (pid: number) => void system.alive.delete(pid);
const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

let events: ProcessEvent[];
let ending: Ending;
let find: () => Promise<ProcessEntry[]>;

beforeEach(() => {
  vi.useFakeTimers();
  system.alive = new Set([1, 2]);
  system.sent = [];
  system.isReadable = true;
  system.obey = () => {};
  events = [];
  find = () => Promise.resolve([...system.alive].map(entry));
  ending = new Ending({ find: () => find(), report: (event) => events.push(event) });
});

afterEach(() => {
  ending.dispose();
  vi.useRealTimers();
});

const gone = { type: 'process.gone' };

test('everything is sent the signal, and is gone when nothing is left', async () => {
  system.obey = die;
  ending.begin('SIGTERM');
  await wait(10);
  expect(system.sent).toEqual([
    [1, 'SIGTERM'],
    [2, 'SIGTERM'],
  ]);
  expect(events).toEqual([gone]);
});

test('where nothing is left that is told at once, and once', async () => {
  system.alive.clear();
  ending.begin('SIGTERM');
  await wait(0);
  expect(events).toEqual([gone]);
  ending.look();
  ending.kill();
  await wait(20_000);
  expect(events).toEqual([gone]);
});

describe('the stop signal', () => {
  test('is sent once, however long the stop takes', async () => {
    ending.begin('SIGINT');
    await wait(60_000);
    expect(system.sent).toEqual([
      [1, 'SIGINT'],
      [2, 'SIGINT'],
    ]);
  });

  test('is not sent to what has been reached already', async () => {
    ending.begin('SIGTERM', ({ pid }) => pid === 1);
    await wait(1_000);
    expect(system.sent).toEqual([[2, 'SIGTERM']]);
  });

  test('is sent to what was born meanwhile, when those before it are gone', async () => {
    ending.begin('SIGTERM', ({ pid }) => pid === 1);
    await wait(100);
    system.alive = new Set([3]);
    await wait(1_000);
    expect(system.sent).toEqual([
      [2, 'SIGTERM'],
      [3, 'SIGTERM'],
    ]);
  });
});

test('the stop signal is sent when it can be again', async () => {
  const isToBeSent = vi.fn<() => void>();
  system.obey = isToBeSent;
  system.isReadable = false;
  ending.begin('SIGTERM');
  await wait(10);
  expect(isToBeSent).not.toHaveBeenCalled();
  system.isReadable = true;
  await wait(10_000);
  expect(system.sent).toEqual([
    [1, 'SIGTERM'],
    [2, 'SIGTERM'],
  ]);
});

describe('whose end is told anyway', () => {
  beforeEach(() => {
    const { alive } = system;
    ending = new Ending({
      find: () => find(),
      isAwaited: ({ pid }) => pid === 1 && alive.has(1),
      report: (event) => events.push(event),
    });
  });

  test('is not looked at until then', async () => {
    die(2);
    ending.begin('SIGTERM');
    // By then it has told who lingers.
    await wait(300);
    system.looks = 0;
    const surveys = vi.fn<typeof find>(find);
    find = surveys;
    await wait(10_000);
    expect([system.looks, surveys.mock.calls.length]).toEqual([0, 0]);
    die(1);
    ending.look();
    await wait(0);
    expect(events.at(-1)).toEqual(gone);
  });

  test('does not keep the others from being looked at', async () => {
    ending.begin('SIGTERM');
    await wait(100);
    die(2);
    die(1);
    await wait(300);
    expect(events).toEqual([gone]);
  });

  test('is not looked at with the others', async () => {
    ending.begin('SIGTERM');
    await wait(300);
    die(2);
    await wait(300);
    system.looks = 0;
    await wait(10_000);
    expect(system.looks).toBe(0);
    die(1);
    ending.look();
    await wait(0);
    expect(events.at(-1)).toEqual(gone);
  });

  test('is looked at where what it left is not told', async () => {
    ending.begin('SIGTERM');
    await wait(100);
    die(1);
    ending.look();
    await wait(0);
    expect(events).toEqual([]);
    die(2);
    await wait(300);
    expect(events).toEqual([gone]);
  });
});

describe('SIGKILL', () => {
  const kills = () => system.sent.filter(([, signal]) => signal === 'SIGKILL').map(([pid]) => pid);

  test('is sent to everything, and again every 5 s to what is left', async () => {
    ending.begin('SIGTERM');
    await wait(1_000);
    system.obey = (pid) => pid === 1 && die(pid);
    ending.kill();
    await wait(4_900);
    expect(kills()).toEqual([1, 2]);
    await wait(5_000);
    expect(kills()).toEqual([1, 2, 2]);
    system.obey = die;
    await wait(5_000);
    expect(kills()).toEqual([1, 2, 2, 2]);
    expect(events.at(-1)).toEqual(gone);
  });

  test('is not sent before it was asked for', async () => {
    ending.begin('SIGTERM');
    await wait(100_000);
    expect(kills()).toEqual([]);
  });

  test('stays, where the first signal is asked for later', async () => {
    ending.kill();
    ending.begin('SIGTERM');
    await wait(100);
    expect(new Set(system.sent.map(([, signal]) => signal))).toEqual(new Set(['SIGKILL']));
  });

  test('that does not end a process is told after a moment, with its pid', async () => {
    ending.begin('SIGTERM');
    ending.kill();
    system.obey = (pid) => pid === 1 && die(pid);
    await wait(400);
    expect(events.filter(({ type }) => type === 'process.stuck')).toEqual([]);
    await wait(200);
    expect(events).toContainEqual({ type: 'process.stuck', pids: [2] });
  });
});

describe('what the stop waits for', () => {
  const lingering = () => events.flatMap((event) => (event.type === 'process.lingering' ? [event.pids] : []));

  test('is told after a moment, and again when it is less', async () => {
    ending.begin('SIGTERM');
    await wait(200);
    expect(lingering()).toEqual([]);
    await wait(100);
    expect(lingering()).toEqual([[1, 2]]);
    die(1);
    ending.look();
    await wait(1_000);
    expect(lingering()).toEqual([[1, 2], [2]]);
  });

  test('is not told of a stop that is quick', async () => {
    ending.begin('SIGTERM');
    await wait(100);
    system.alive.clear();
    await wait(1_000);
    expect(events).toEqual([gone]);
  });
});

test('the end of a process that sends no event is seen soon, and looked for at growing intervals', async () => {
  let looks = 0;
  const before = find;
  find = () => {
    looks++;
    return before();
  };
  ending.begin('SIGTERM');
  await wait(30);
  system.alive.clear();
  await wait(30);
  expect(events).toEqual([gone]);
  expect(looks).toBe(2);
});

test('a table that cannot be read says nothing about what is left', async () => {
  const before = find;
  find = () => Promise.reject(new Error('EMFILE'));
  ending.begin('SIGTERM');
  await wait(1_000);
  expect(events).toEqual([]);
  find = before;
  system.obey = die;
  await wait(1_000);
  expect(events).toEqual([gone]);
});

test('who was there is told, and looked for again, where nothing can be read any more', async () => {
  const before = find;
  ending.begin('SIGTERM');
  await wait(10);
  find = () => Promise.reject(new Error('EMFILE'));
  system.isReadable = false;
  await wait(1_000);
  expect(events).toEqual([{ type: 'process.lingering', pids: [1, 2] }]);
  ending.kill();
  await wait(1_000);
  expect(events.at(-1)).toEqual({ type: 'process.stuck', pids: [1, 2] });
  find = before;
  system.isReadable = true;
  system.obey = die;
  await wait(5_000);
  expect(events.at(-1)).toEqual(gone);
});

test('nothing is sent or told after it was disposed of', async () => {
  ending.begin('SIGTERM');
  await wait(10);
  ending.kill();
  ending.dispose();
  const sent = system.sent.length;
  system.alive.clear();
  await wait(60_000);
  expect(system.sent).toHaveLength(sent);
  expect(events).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
