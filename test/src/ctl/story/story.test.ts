import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readHistory } from '../../../../src/ctl/story/history.js';
import { tellStory } from '../../../../src/ctl/story/story.js';
import { HistoryWriter } from '../../../../src/observers/history-writer.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../../src/protocol/runtime-directory.js';
import { Colony, type ColonyOptions } from '../../../fixtures/colony.js';
import { specOf } from '../../../fixtures/lone-program.js';
import { scratch } from '../../scratch.js';

const base = Date.parse('2030-01-01T00:00:00Z');

let messages: string;
let monitors: number;

beforeEach(() => {
  vi.useFakeTimers({ now: base });
  messages = scratch();
  prepareRuntimeDirectory(runtimePaths(messages));
  monitors = 0;
});
afterEach(() => void vi.useRealTimers());

/** A monitor's life under simulated time, with its history written. */
function lives(live: (colony: Colony) => unknown, options: ColonyOptions = {}): void {
  const begin = Date.now() + (monitors === 0 ? 0 : 1_000);
  vi.setSystemTime(begin);
  const writer = new HistoryWriter(runtimePaths(messages).history, {
    isProgram: () => true,
    monitor: { pid: 7, since: `${++monitors}` },
    warn: (problem) => expect.unreachable(problem),
  });
  const colony = new Colony(options);
  const monotonic = vi.spyOn(performance, 'now').mockImplementation(() => colony.clock.now());
  for (const fact of colony.facts) writer.observe(fact);
  colony.root.on('*', (fact) => {
    vi.setSystemTime(begin + colony.clock.now());
    writer.observe(fact);
  });
  live(colony);
  vi.setSystemTime(begin + colony.clock.now());
  writer.close();
  monotonic.mockRestore();
}

const storyOf = (name = 'web') => tellStory(readHistory({ messages }, name));

/** Seconds since the beginning, and the words, without what every story begins with. */
const told = (name?: string) =>
  storyOf(name)
    .lines.map(({ at, text }) => `${(Date.parse(at) - base) / 1000} ${text}`)
    .slice(2);

const code = (exitCode: number) => ({ code: exitCode, signal: null });

describe('the story of a program', () => {
  test('begins with its file and its first process', () => {
    lives((colony) => colony.add('web').wait(1_000));
    expect(storyOf().lines.map(({ text }) => text)).toEqual([
      'monitor started (pid 7)',
      'stopped → starting: its file was found',
      'started: pid 101, run run-101',
      'starting → running: outlived the threshold',
    ]);
    expect(storyOf()).toMatchObject({ state: 'running', cause: 'outlived the threshold', monitor: 'going on' });
  });

  test('that runs and dies', () => {
    lives((colony) => {
      colony.system.next.push({ life: 10_920_000, exit: code(1) });
      colony.add('web').wait(10_921_000);
    });
    expect(told().slice(2)).toEqual([
      '10920 running → starting: process.exited (code 1) after 3 h 2 min; file unchanged',
      '10920 started: pid 102, run run-102',
      '10921 starting → running: outlived the threshold',
    ]);
  });

  test('that dies young, twice', () => {
    lives((colony) => {
      colony.system.usual = { life: 100, exit: code(3) };
      colony.add('web').wait(700);
    });
    expect(told().filter((line) => !line.includes('started'))).toEqual([
      '0.1 starting → backing-off: instant death 1 of 1, next start in 0.4 s; process.exited (code 3) after 0.1 s; file unchanged',
      '0.5 backing-off → starting: waited 0.4 s',
      '0.6 starting → backing-off: instant death 2 of 2, next start in 0.8 s; process.exited (code 3) after 0.1 s; file unchanged',
    ]);
    expect(storyOf().state).toBe('backing-off');
  });

  test('that cannot be started', () => {
    lives((colony) => {
      colony.system.usual = { failure: { code: 'ENOENT', message: '"web": no such file' } };
      colony.add('web').wait(500);
    });
    expect(told()).toEqual([
      '0 starting → backing-off: process.failed (ENOENT: "web": no such file); failure 1 in a row, next start in 0.4 s',
      '0.4 backing-off → starting: waited 0.4 s',
      '0.4 starting → backing-off: process.failed (ENOENT: "web": no such file); failure 2 in a row, next start in 0.8 s',
    ]);
  });

  test('names the message that asked, and every key that changed', () => {
    lives((colony) => {
      colony.add('web').wait(1_000).receive({ type: 'RESTART', name: 'web' }).sync({});
      colony.wait(2_000).receive({ type: 'RESTART-ALL' }).sync({});
      colony.wait(2_000).change('web').wait(2_000);
      colony.sync({ changed: [{ spec: specOf({ wanted: 'down' }), keys: ['env', 'ncolony.wanted'] }] }).wait(1_000);
    });
    expect(told().filter((line) => line.includes('→ killing'))).toEqual([
      '1 running → killing: restart asked for by message m1; SIGTERM sent, SIGKILL in 5 s',
      '3 running → killing: restart asked for by message m2 (RESTART-ALL); SIGTERM sent, SIGKILL in 5 s',
      '5 running → killing: config changed: args; SIGTERM sent, SIGKILL in 5 s',
      '7 running → killing: stop asked for in the file; config changed: env; SIGTERM sent, SIGKILL in 5 s',
    ]);
    expect(storyOf().state).toBe('stopped');
  });

  test('that is wanted up again, in the file', () => {
    lives((colony) => {
      colony.sync({ added: [specOf({ wanted: 'down' })] }).wait(100);
      colony.sync({ changed: [{ spec: specOf(), keys: ['ncolony.wanted'] }] }).wait(100);
    });
    expect(storyOf().lines.map(({ text }) => text)).toEqual([
      'monitor started (pid 7)',
      'its file was found',
      'stopped → starting: start asked for in the file',
      'started: pid 101, run run-101',
    ]);
  });

  test('tells of a message that had no effect, and why', () => {
    lives((colony) => {
      colony.sync({ added: [specOf({ wanted: 'down' })] }).wait(100);
      colony.receive({ type: 'RESTART', name: 'web' }).sync({}).wait(100);
    });
    expect(told()).toEqual(['0.1 restart asked for by message m1, not obeyed: EDOWN: web is wanted down']);
  });

  test('of a stop that takes SIGKILL, and of what is asked for meanwhile', () => {
    lives((colony) => {
      colony.system.next.push({ termDelay: Infinity, killDelay: 100 });
      colony.add('web').wait(1_000).receive({ type: 'RESTART', name: 'web' }).sync({}).wait(1_000);
      colony.change('web').wait(10_000);
    });
    expect(told().slice(2)).toEqual([
      '1 running → killing: restart asked for by message m1; SIGTERM sent, SIGKILL in 5 s',
      '2 config changed: args',
      '6 SIGKILL sent',
      '6.1 process.exited (signal SIGKILL) after 6.1 s',
      '6.1 killing → starting: nothing of it is left',
      '6.1 started: pid 102, run run-102',
      '7.1 starting → running: outlived the threshold',
    ]);
  });

  test('of stragglers: the wait comes when they are gone', () => {
    lives((colony) => {
      colony.system.next.push({ life: 100, children: 1, termDelay: 200, exit: code(0) });
      colony.add('web').wait(150);
      expect(colony.stateOf('web')).toBe('killing');
    });
    expect(told().slice(1)).toEqual([
      '0.1 starting → killing: process.exited (code 0) after 0.1 s, outlived by pid 102; file unchanged; SIGTERM sent, SIGKILL in 5 s',
      '0.1 its stop waits for pid 102',
    ]);
    expect(storyOf()).toMatchObject({ state: 'killing', next: 'back-off' });
  });

  test.each([
    ['RESTART', { type: 'RESTART', name: 'web' }, 'start'],
    ['SIGNAL', { type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }, 'back-off'],
  ] as const)('of stragglers, and %s meanwhile', (_, message, next) => {
    lives((colony) => {
      colony.system.next.push({ life: 100, children: 1, termDelay: 500 });
      colony.add('web').wait(200).receive(message).sync({});
      expect(colony.stateOf('web')).toBe('killing');
    });
    expect(storyOf()).toMatchObject({ state: 'killing', next });
  });

  test('of a rejected file, of a removed one, and of an odd one', () => {
    const error = { code: 'ESCHEMA', message: 'args: expected array' };
    lives((colony) => {
      colony
        .add('web')
        .wait(1_000)
        .sync({ rejected: [{ name: 'web', error }] });
      colony.sync({ healed: ['web'], warnings: [{ name: 'web', warning: 'ncolony.x: not a key' }] });
      colony.remove('web').wait(1_000);
    });
    expect(told().slice(2)).toEqual([
      '1 file rejected: ESCHEMA: args: expected array; its last good version stays in force',
      '1 its file is good again, or gone',
      '1 warning: ncolony.x: not a key',
      '1 running → killing: its file is gone; SIGTERM sent, SIGKILL in 5 s',
      '1 process.exited (signal SIGTERM) after 1 s',
      '1 killing → stopped: nothing of it is left',
    ]);
  });
});

describe('the story goes on', () => {
  test('after a monitor that was stopped', () => {
    lives((colony) => colony.add('web').wait(1_500).signal('SIGTERM').wait(500));
    expect(storyOf().monitor).toBe('stopped');
    lives((colony) => colony.add('web').wait(1_000));
    expect(told().slice(2)).toEqual([
      '1.5 monitor is stopping everything',
      '1.5 running → killing: the monitor is stopping; SIGTERM sent, SIGKILL in 5 s',
      '1.5 process.exited (signal SIGTERM) after 1.5 s',
      '1.5 killing → stopped: nothing of it is left',
      '1.5 monitor stopped',
      '3 monitor started (pid 7)',
      '3 stopped → starting: its file was found',
      '3 started: pid 101, run run-101',
      '4 starting → running: outlived the threshold',
    ]);
  });

  test('after a monitor that was killed, with what it left running', () => {
    lives((colony) => colony.add('web').wait(1_000));
    lives((colony) => colony.add('web').wait(500), {
      leftovers: ['web'],
      before: (system) => void system.leave('web', { termDelay: 300 }),
    });
    expect(told().slice(2, 6)).toEqual([
      '2 monitor was killed, some time before this',
      '2 monitor started (pid 7)',
      '2 stopped → killing: what an earlier monitor left running is ended first; SIGTERM sent, SIGKILL in 5 s',
      '2 its file was found',
    ]);
  });

  test('after a torn line, and where the beginning was cut off', () => {
    lives((colony) => colony.add('web').wait(1_000));
    const path = join(runtimePaths(messages).history, 'web.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    writeFileSync(path, `${lines.slice(2).join('\n')}\n{"version":1,"at":"2030-`);
    expect(storyOf().lines.map(({ text }) => text)).toEqual([
      'monitor started (pid 7)',
      'started: pid 101, run run-101',
      '→ running: outlived the threshold',
    ]);
  });
});

test('no history is read by a name that no program can have', () => {
  expect(readHistory({ messages }, '../history/web')).toEqual([]);
  expect(readHistory({ messages }, '.monitor')).toEqual([]);
  expect(readHistory({ messages }, 'x'.repeat(300))).toEqual([]);
});
