import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { Explanation, WaitReport } from '../../src/ctl/index.js';
import { fixture } from '../fixtures/programs.js';
import { test, type Colony } from './colony.js';
import { command } from './command.js';

const done = { code: 0, stdout: '', stderr: '' };
const cat = { args: ['cat'] };
/** It ignores SIGTERM. */
const deaf = { args: ['/bin/sh', fixture('deaf')] };

/** The words of a story, without the times. */
async function storyOf(colony: Colony, name: string): Promise<{ texts: string[]; now: string; code: number | null }> {
  const { code, stdout } = await colony.ctl('explain', name, '--json', '-n', '1000');
  const { story, now } = JSON.parse(stdout) as Explanation;
  return { texts: story.map(({ text }) => text), now, code };
}

describe('--wait', () => {
  test('returns when it is really so, for every command that has it', async ({ colony }) => {
    const monitor = await colony.monitor();
    expect(await colony.ctl('add', 'web', '--cmd', 'cat', '--group', 'g', '--wait')).toEqual(done);
    for (const words of [['restart', 'web'], ['restart-all'], ['restart-group', 'g']]) {
      const before = colony.status('web');
      expect(before?.state).toBe('running');
      expect(await colony.ctl(...words, '--wait')).toEqual(done);
      expect(colony.status('web')).toMatchObject({ state: 'running', starts: (before?.starts ?? 0) + 1 });
      expect(colony.processes('web').map(({ pid }) => pid)).toEqual([colony.status('web')?.pid]);
    }
    expect(await colony.ctl('add', 'web', '--cmd', 'cat', '--arg', '-u', '--wait')).toEqual(done);
    expect(colony.status('web')).toMatchObject({ state: 'running', starts: 5 });
    expect(await colony.ctl('stop', 'web', '--wait')).toEqual(done);
    expect(colony.processes('web')).toEqual([]);
    expect(await colony.ctl('start', 'web', '--wait')).toEqual(done);
    expect(colony.processes('web')).toHaveLength(1);
    expect(await colony.ctl('remove', 'web', '--wait')).toEqual(done);
    expect(colony.processes('web')).toEqual([]);
    expect(colony.status('web')).toBeUndefined();
    await colony.stop(monitor);
  });

  test('one after the other, without a pause, does what was said last', async ({ colony }) => {
    await colony.monitor();
    for (let round = 0; round < 3; round++) {
      expect(await colony.ctl('add', 'web', '--cmd', 'cat')).toEqual(done);
      expect(await colony.ctl('remove', 'web', '--wait')).toEqual(done);
      expect(colony.processes('web')).toEqual([]);
    }
    colony.write('web', cat);
    expect(await colony.ctl('stop', 'web')).toEqual(done);
    expect(await colony.ctl('start', 'web', '--wait')).toEqual(done);
    expect(colony.processes('web')).toHaveLength(1);
  });

  test('exits with 1 and the reason when it does not come to that in time', async ({ colony }) => {
    await colony.monitor('-k', '2');
    expect(
      await colony.ctl('add', 'die', '--cmd', 'sh', '--arg', '-c', '--arg', 'exit 3', '--wait', '--timeout', '1'),
    ).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^ncolony: after 1 s: die is (?:backing-off: it died young \(code 3\)|starting.*)\n$/,
      ),
    });
    colony.write('deaf', deaf);
    expect(await colony.ctl('wait', 'deaf', '--state', 'running')).toEqual(done);
    expect(await colony.ctl('remove', 'deaf', '--wait', '--timeout', '0.5')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ncolony: after 0.5 s: deaf is killing/),
    });
  });

  test('exits with 1 at once when the answer is no', async ({ colony }) => {
    await colony.monitor();
    colony.write('down', { ...cat, 'ncolony.wanted': 'down' });
    expect(await colony.ctl('restart', 'down', '--wait')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'ncolony: down is wanted down\n',
    });
    expect(await colony.ctl('start', 'nobody', '--wait')).toMatchObject({ code: 1 });
  });

  test('exits with 3 where no monitor runs, and leaves nothing behind', async ({ colony }) => {
    colony.write('web', cat);
    for (const words of [['restart', 'web'], ['restart-all'], ['stop', 'web'], ['start', 'web'], ['remove', 'web']]) {
      expect(await colony.ctl(...words, '--wait')).toMatchObject({ code: 3 });
    }
    expect(await colony.ctl('add', 'new', '--cmd', 'cat', '--wait')).toEqual({
      code: 3,
      stdout: '',
      stderr: `ncolony: no monitor runs on ${colony.messages}\n`,
    });
    expect(JSON.parse(readFileSync(join(colony.config, 'web'), 'utf8'))).toEqual(cat);
    expect(existsSync(join(colony.config, 'new'))).toBe(false);
  });
});

describe('wait', () => {
  test('waits for the monitor, and for another run than the one it is told', async ({ colony }) => {
    colony.write('web', cat);
    expect(await colony.ctl('wait', 'web', '--state', 'running', '--timeout', '0.1')).toMatchObject({ code: 3 });
    const waiting = colony.ctl('wait', 'web', '--state', 'running', '--json');
    const monitor = await colony.monitor();
    const { run, pid } = JSON.parse((await waiting).stdout) as WaitReport;
    expect(colony.processes('web').map((seen) => seen.pid)).toEqual([pid]);
    expect(
      await colony.ctl('wait', 'web', '--state', 'running', '--run-after', run!, '--timeout', '0.2'),
    ).toMatchObject({
      code: 1,
      stderr: `ncolony: after 0.2 s web is not running with a run after ${run}: web is running\n`,
    });
    const next = colony.ctl('wait', 'web', '--state', 'running', '--run-after', run!);
    process.kill(pid!, 'SIGKILL');
    expect(await next).toEqual(done);
    expect(monitor.facts('program.died')).toHaveLength(1);
    expect(await colony.ctl('wait', 'nobody', '--state', 'running')).toMatchObject({ code: 1 });
  });
});

describe('explain', () => {
  test('tells the story of a program over a monitor that was killed, and one that was stopped', async ({ colony }) => {
    const first = await colony.monitor();
    colony.write('web', { args: ['sleep', '1000'] });
    await colony.ctl('wait', 'web', '--state', 'running');
    await colony.ctl('restart', 'web', '--wait');
    process.kill(colony.status('web')!.pid!, 'SIGKILL');
    await colony.statusLike('web', { state: 'running', starts: 3 });
    await vi.waitFor(async () => expect((await storyOf(colony, 'web')).texts.at(-1)).toContain('→ running'));
    first.kill('SIGKILL');
    await first.ended;
    const orphaned = await storyOf(colony, 'web');
    expect(orphaned).toMatchObject({
      code: 0,
      now: expect.stringMatching(/^No monitor runs: the last one was killed, or died,/),
    });

    const second = await colony.monitor();
    await colony.ctl('wait', 'web', '--state', 'running');
    await colony.ctl('stop', 'web', '--wait');
    await colony.stop(second);
    const { texts, now } = await storyOf(colony, 'web');
    const places = [
      'stopped → starting: its file was found',
      /^running → killing: restart asked for by message \d+-\S+; SIGTERM sent, SIGKILL in 1 s$/,
      /^running → starting: process\.exited \(signal SIGKILL\) after .*; file unchanged$/,
      /^monitor was killed/,
      /^stopped → killing: what an earlier monitor left running is ended first/,
      /^running → killing: stop asked for in the file/,
      'killing → stopped: nothing of it is left',
      'monitor stopped',
    ].map((wanted) => texts.findIndex((text) => (typeof wanted === 'string' ? text === wanted : wanted.test(text))));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(now).toBe('No monitor runs; web stays stopped, because its file wants it down.');
  });

  test('exits with 1 for an unknown program, and with 3 where there is neither history nor monitor', async ({
    colony,
  }) => {
    expect(await colony.ctl('explain', 'nobody')).toMatchObject({ code: 1 });
    colony.write('web', cat);
    expect(await colony.ctl('explain', 'web')).toMatchObject({ code: 3, stdout: '' });
  });

  test('has nothing secret in it', async ({ colony }) => {
    await colony.monitor();
    colony.write('web', { ...cat, env: { TOKEN: 's3cret' } });
    await colony.ctl('wait', 'web', '--state', 'running');
    colony.write('web', { ...cat, env: { TOKEN: 's3cret-2' } });
    await vi.waitFor(async () => expect((await storyOf(colony, 'web')).texts.join()).toContain('config changed: env'));
    expect(readFileSync(join(colony.messages, '.ncolony', 'history', 'web.jsonl'), 'utf8')).not.toContain('s3cret');
  });
});

test('start ends a back-off', async ({ colony }) => {
  await colony.monitor('-m', '100', '-M', '100');
  colony.write('die', { args: ['sh', '-c', 'exit 3'] });
  await colony.statusLike('die', { state: 'backing-off', starts: 1 });
  expect(await colony.ctl('start', 'die')).toEqual(done);
  await colony.statusLike('die', { state: 'backing-off', starts: 2 });
});

test.for(['HUP', 'SIGHUP', 'hup'])('signal knows SIGHUP as %s', async (name, { colony }) => {
  const monitor = await colony.monitor();
  colony.write('web', cat);
  await colony.ctl('wait', 'web', '--state', 'running');
  expect(await colony.ctl('signal', 'web', name)).toEqual(done);
  expect(await monitor.fact('program.died')).toMatchObject({ exit: { code: null, signal: 'SIGHUP' } });
});

const hasScript = existsSync('/usr/bin/script');

describe.runIf(hasScript)('status --watch, on a terminal', () => {
  /** Runs it on a terminal of its own. */
  function watch(colony: Colony): {
    readonly child: ChildProcess;
    readonly screen: () => string;
    readonly key: (text: string) => void;
  } {
    const words = [process.execPath, command, 'ctl', '--messages', colony.messages, '--config', colony.config];
    const line = `stty rows 6 cols 60; exec ${words.join(' ')} status --watch`;
    const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], { stdio: 'pipe' });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    return { child, screen: () => screen, key: (text) => void child.stdin.write(text) };
  }
  const settled = { interval: 20, timeout: 10_000 };

  test.for(['q', '\u0003'])(
    'draws in place what changes, in its bounds, and %j gives the terminal back',
    async (end, { colony }) => {
      const monitor = await colony.monitor();
      colony.write('web', cat);
      const { child, screen, key } = watch(colony);
      await vi.waitFor(() => expect(screen()).toContain('web   \u001b[32mrunning'), settled);
      for (let index = 0; index < 9; index++) colony.write(`p${index}`, cat);
      await vi.waitFor(() => expect(screen()).toContain('… and 8 more lines'), settled);
      const frames = screen().split('\u001b[H').slice(1);
      for (const frame of frames) expect(frame.split('\r\n').length).toBeLessThanOrEqual(6);
      key(end);
      await once(child, 'close');
      expect(child.exitCode).toBe(0);
      expect(screen().startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
      expect(screen().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
      await colony.stop(monitor);
    },
  );

  test('gives it back when it is told to end', async ({ colony }) => {
    colony.write('web', cat);
    const { child, screen } = watch(colony);
    await vi.waitFor(() => expect(screen()).toContain('No monitor runs'), settled);
    const [inner] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(inner), 'SIGTERM');
    await once(child, 'close');
    expect(screen().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });
});
