import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fact } from '../../machines/index.js';
import { defaultTimings } from '../../machines/index.js';
import { startMonitor } from '../../src/monitor.js';
import { fixture } from '../fixtures/programs.js';
import { LoneProgram } from '../fixtures/lone-program.js';
import { temporaryDirectory } from '../temporary-directory.js';

const day = 24 * 60 * 60 * 1_000;
const steps = [
  ['forth', day],
  ['back', -day],
] as const;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const step = (by: number) => vi.setSystemTime(Date.now() + by);

describe.each(steps)('a step of the wall clock by a day %s', (_, by) => {
  test.each<[state: string, come: (program: LoneProgram) => unknown]>([
    ['stopped', (program) => program.wait(5)],
    ['starting', (program) => program.start().wait(5)],
    ['running', (program) => program.run().wait(5)],
    ['backing-off', (program) => program.system.next.push({ life: 10 }) && program.start().wait(15)],
    ['killing', (program) => program.system.next.push({ termDelay: Infinity }) && program.run().stop().wait(5)],
  ])('changes nothing in the machine that is %s', (state, come) => {
    const lives = [0, by].map((size) => {
      const program = new LoneProgram();
      come(program);
      expect(program.state).toBe(state);
      step(size);
      const course = Array.from({ length: 100 }, () => program.wait(100).state);
      return { course, told: program.told(), story: program.system.calls };
    });
    expect(lives[1]).toEqual(lives[0]);
  });

  test('changes nothing in a real monitor: each wait is as long as it was to be, and orders are obeyed', async () => {
    const { path: home, remove } = temporaryDirectory();
    const [config, messages, pid, logs] = ['conf', 'messages', 'pid', 'logs'].map((name) => join(home, name));
    for (const path of [config, messages, pid, logs]) mkdirSync(path!);
    const write = (name: string, content: object) => writeFileSync(join(config!, name), JSON.stringify(content));
    const facts: (Fact & { readonly at: number })[] = [];
    const told = (type: Fact['type'], name: string, after = 0) =>
      facts.find((fact) => fact.type === type && 'name' in fact && fact.name === name && fact.at >= after);
    const comes = async (type: Fact['type'], name: string, after = 0) => {
      await vi.waitFor(() => expect(told(type, name, after)).toBeDefined(), { interval: 5, timeout: 20_000 });
      return told(type, name, after)!.at;
    };
    /** That the wait was a wait, and came to its end. Its end may be told late on a busy machine. */
    const isAbout = (wait: number, expected: number) => {
      expect(wait).toBeGreaterThan(expected - 50);
      expect(wait).toBeLessThan(expected + 5_000);
    };

    const monitor = await startMonitor({
      config: config!,
      messages: messages!,
      pid,
      logs,
      logfile: join(home, 'log'),
      logLevel: 'debug',
      frequency: 500,
      trustDirectories: false,
      timings: { ...defaultTimings, threshold: 1_500, killtime: 1_500, minRestartDelay: 1_500 },
    });
    try {
      monitor.actor.on('*', (fact) => void facts.push({ ...fact, at: performance.now() }));
      write('running', { args: ['sleep', '1000'] });
      write('stopped', { args: ['sleep', '1000'], 'ncolony.wanted': 'down' });
      write('killing', { args: [fixture('deaf')] });
      await comes('program.running', 'running');
      await comes('program.running', 'killing');
      write('backing-off', { args: ['false'] });
      write('starting', { args: ['sleep', '1000'] });
      const backsOff = await comes('program.backing-off', 'backing-off');
      const starts = await comes('program.starting', 'starting');
      rmSync(join(config!, 'killing'));
      const kills = await comes('program.killing', 'killing');
      const now = performance.now();

      step(by);

      isAbout((await comes('program.starting', 'backing-off', backsOff)) - backsOff, 1_500);
      isAbout((await comes('program.running', 'starting')) - starts, 1_500);
      isAbout((await comes('program.killed', 'killing')) - kills, 1_500);
      write('late', { args: ['sleep', '1000'] });
      await comes('program.starting', 'late');
      writeFileSync(join(messages!, 'order'), JSON.stringify({ type: 'RESTART', name: 'running' }));
      await comes('program.killing', 'running', now);
      const files = ['replies/order.json', 'status/late.json'].map((name) => join(messages!, '.ncolony', name));
      await vi.waitFor(() => expect(files.map((file) => existsSync(file))).toEqual([true, true]), { timeout: 5_000 });
      expect(readFileSync(files[0]!, 'utf8')).toContain('"obeyed"');
      const ofRunning = facts.find((fact) => 'name' in fact && fact.name === 'running' && fact.at >= now);
      expect(ofRunning?.type).toBe('program.killing');
      expect(facts.some((fact) => 'name' in fact && fact.name === 'stopped')).toBe(false);
    } finally {
      monitor.actor.send({ type: 'shutdown' });
      expect(await monitor.done).toEqual({ left: [] });
      remove();
    }
  });
});
