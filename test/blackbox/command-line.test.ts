import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { test } from './colony.js';
import { command, ncolony } from './command.js';

test('the command answers on standard output and refuses in one line on standard error', async ({ colony }) => {
  expect(await colony.ctl('add', 'web', '--cmd', 'cat')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await colony.ctl('status')).toEqual({
    code: 3,
    stdout: expect.stringMatching(/^No monitor runs\..*\nNAME .*\nweb .*\n$/),
    stderr: `ncolony: no monitor runs on ${colony.messages}\n`,
  });
  expect(await colony.ctl('restart', 'nobody')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ncolony: there is no program "nobody"\n',
  });
  expect(await colony.ctl('nonsense')).toEqual({
    code: 2,
    stdout: '',
    stderr: "ncolony: unknown command 'nonsense'\n",
  });
});

test('a reader that has seen enough is no fault', async () => {
  const child = spawn(process.execPath, [command, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect({ stderr, code: child.exitCode }).toEqual({ stderr: '', code: 0 });
});

test('more than a pipe takes at once arrives whole', async ({ colony }) => {
  const logs = join(colony.messages, '../much');
  const said = `${'x'.repeat(99)}\n`.repeat(10_000);
  mkdirSync(logs);
  writeFileSync(join(logs, 'web.log'), said);
  const { code, stdout } = await ncolony(['ctl', 'logs', 'web', '-n', '10000', '--logs', logs]);
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: said.length });
});

test('a disk that is full is one', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [command, '--help'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const [stderr] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect(stderr).toMatch(/^ncolony: standard output: ENOSPC[^\n]*\n$/);
  expect(child.exitCode).toBe(1);
});
