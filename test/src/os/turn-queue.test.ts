import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TurnQueue } from '../../../src/os/turn-queue.js';

// A job takes as long as it says, on a clock that nothing else moves.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const turn = () => new Promise(setImmediate);
const take = (milliseconds: number) => void vi.advanceTimersByTime(milliseconds);

/** What was done in each turn of the event loop until everything was. */
async function turnsOf(total: number, done: () => number): Promise<number[]> {
  const turns = [done()];
  while (turns.reduce((sum, count) => sum + count, 0) < total) {
    const before = done();
    await turn();
    turns.push(done() - before);
  }
  return turns;
}

test('a lone job runs at once', () => {
  const job = vi.fn<() => void>();
  new TurnQueue().add(job);
  expect(job).toHaveBeenCalledOnce();
});

test('a lone job runs at once also after others, when they are done', async () => {
  const queue = new TurnQueue();
  for (let index = 0; index < 10; index++) queue.add(() => take(5));
  for (let index = 0; index < 20; index++) await turn();
  const job = vi.fn<() => void>();
  queue.add(job);
  expect(job).toHaveBeenCalledOnce();
});

test('many jobs take turns: the event loop is never held up for more than a slice and a job', async () => {
  const queue = new TurnQueue();
  const done: number[] = [];
  const begin = performance.now();
  for (let index = 0; index < 100; index++) {
    queue.add(() => {
      take(3);
      done.push(index);
    });
  }
  const turns = await turnsOf(100, () => done.length);
  expect(Math.max(...turns) * 3).toBeLessThanOrEqual(15);
  expect(turns.length).toBeGreaterThan(20);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(performance.now() - begin).toBe(300);
});

test('who comes last is served soon, and the crowd in order', async () => {
  const queue = new TurnQueue();
  const done: number[] = [];
  const job = (index: number) => () => {
    take(20);
    done.push(index);
  };
  for (let index = 0; index < 10; index++) queue.add(job(index));
  await turn();
  queue.add(job(100));
  while (done.length < 11) await turn();
  expect(done.indexOf(100)).toBeLessThanOrEqual(4);
  const fromTheFront = done.filter((index) => index < 5);
  expect(fromTheFront).toEqual([0, 1, 2, 3, 4]);
});

test('of the jobs that go on elsewhere only so many do at once, and nothing spins meanwhile', async () => {
  const queue = new TurnQueue(2);
  const open: (() => void)[] = [];
  for (let index = 0; index < 5; index++) queue.add(() => new Promise<void>((resolve) => open.push(resolve)));
  await turn();
  await turn();
  expect(open).toHaveLength(2);
  const immediates = vi.spyOn(globalThis, 'setImmediate');
  await turn();
  await turn();
  expect(immediates).toHaveBeenCalledTimes(2);
  immediates.mockRestore();
  open.shift()?.();
  await vi.waitFor(() => expect(open).toHaveLength(2));
  for (let index = 0; index < 4; index++) {
    open.shift()?.();
    await turn();
  }
  expect(open).toHaveLength(0);
});

test('a job that was taken back does not run', async () => {
  const queue = new TurnQueue();
  const [kept, takenBack] = [vi.fn<() => void>(), vi.fn<() => void>()];
  queue.add(() => take(100));
  const takeBack = queue.add(takenBack);
  queue.add(kept);
  takeBack();
  await turn();
  await turn();
  expect(kept).toHaveBeenCalledOnce();
  expect(takenBack).not.toHaveBeenCalled();
});

test('a job may queue another', async () => {
  const queue = new TurnQueue();
  const job = vi.fn<() => void>();
  queue.add(() => {
    take(100);
    queue.add(job);
  });
  await turn();
  await turn();
  expect(job).toHaveBeenCalledOnce();
});
