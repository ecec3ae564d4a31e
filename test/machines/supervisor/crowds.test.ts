import { cpuUsage } from 'node:process';
import { expect, test } from 'vitest';
import { createActor, fromCallback, type AnyEventObject } from 'xstate';
import {
  programMachine,
  supervisorMachine,
  wardMachine,
  type ConfigScan,
  type LeftoversInput,
  type MessageAnswer,
  type ProcessCommand,
  type ProcessInput,
} from '../../../machines/index.js';
import { wardCapacity } from '../../../machines/ward.js';
import { specOf, timings } from '../../fixtures/lone-program.js';

const silent = <T extends AnyEventObject>() => fromCallback<T>(() => {});

/** A process that is there at once and gone at once. */
const process = fromCallback<ProcessCommand, ProcessInput>(({ input: { name }, receive, sendBack }) => {
  sendBack({ type: 'process.started', pid: 7, run: name });
  receive(({ type }) => {
    if (type === 'process.terminate') sendBack({ type: 'process.gone' });
  });
});

/** A supervisor of so many programs that run, on nothing: what it costs is the machines alone. */
function crowd(size: number) {
  const program = programMachine.provide({
    actors: { process, leftovers: fromCallback<ProcessCommand, LeftoversInput>(() => {}) },
  });
  const ward = wardMachine.provide({ actors: { program } });
  const machine = supervisorMachine.provide({
    actors: { ward, config: silent<ConfigScan>(), messages: silent<MessageAnswer>(), signals: silent() },
  });
  const root = createActor(machine, { input: { timings: { ...timings, threshold: 0 } } }).start();
  const added = Array.from({ length: size }, (_, index) => specOf({ name: `p${index}` }));
  const nothing = { changed: [], removed: [], rejected: [], healed: [], warnings: [], ticket: 0 };
  root.send({ type: 'config.synced', added, ...nothing });
  return root;
}

/** How much processor time a shutdown of so many takes, µs: the least of some. Others may be at work beside it. */
function shutdownTime(size: number, times: number): number {
  const durations = Array.from({ length: times }, () => {
    const root = crowd(size);
    const before = cpuUsage();
    root.send({ type: 'shutdown' });
    const { user } = cpuUsage(before);
    expect(root.getSnapshot()).toMatchObject({ status: 'done', output: { left: [] } });
    return user;
  });
  return Math.min(...durations);
}

test.each([1_000, 10_000])(
  '%s programs: nobody has more children than a ward takes, but the root its wards',
  { timeout: 60_000 },
  (size) => {
    const root = crowd(size);
    const { wards, programs } = root.getSnapshot().context;
    const running = [...programs.values()].filter((program) => program.getSnapshot().value === 'running');
    expect(running).toHaveLength(size);
    expect(Object.keys(root.getSnapshot().children)).toHaveLength(3 + Math.ceil(size / wardCapacity));
    expect(Math.max(...wards.map((ward) => Object.keys(ward.getSnapshot().children).length))).toBe(wardCapacity);
    root.send({ type: 'shutdown' });
    expect(root.getSnapshot()).toMatchObject({ status: 'done', output: { left: [] } });
  },
);

// XState copies a parent's children whenever one comes or goes: ten times as many neighbours would cost a hundred times.
test('ten times as many programs take about ten times as long to end', { timeout: 60_000 }, () => {
  shutdownTime(1_000, 1);
  const small = shutdownTime(1_000, 5);
  const large = shutdownTime(10_000, 2);
  expect(large / small).toBeLessThan(40);
});
