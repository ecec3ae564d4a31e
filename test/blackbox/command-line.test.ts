import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, it } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'ncolony-test-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function ncolony(words: string[], stdout: 'pipe' | number = 'pipe') {
  const { NCOLONY_HOME: _, ...env } = process.env;
  const child = spawn(process.execPath, ['dist/src/cli.js', ...words], { env, stdio: ['ignore', stdout, 'pipe'] });
  const ended = async () => {
    const [out, err] = await Promise.all([
      child.stdout?.destroyed === false ? text(child.stdout) : '',
      text(child.stderr!),
    ]);
    if (child.exitCode === null) await once(child, 'exit');
    return { out, err, exitCode: child.exitCode };
  };
  return { child, ended };
}

it('adds, asks, and is refused in one line', async () => {
  const at = ['ctl', '--home', home];
  expect(await ncolony([...at, 'add', 'web', '--cmd', 'cat']).ended()).toEqual({ out: '', err: '', exitCode: 0 });
  expect(await ncolony([...at, 'status']).ended()).toMatchObject({
    out: expect.stringContaining('\nweb ') as string,
    exitCode: 3,
  });
  expect(await ncolony([...at, 'restart', 'nobody']).ended()).toEqual({
    out: '',
    err: 'ncolony: there is no program "nobody"\n',
    exitCode: 1,
  });
  expect(await ncolony([...at, 'nonsense']).ended()).toEqual({
    out: '',
    err: "ncolony: unknown command 'nonsense'\n",
    exitCode: 2,
  });
});

it('prints no colours into a pipe', async () => {
  expect((await ncolony(['ctl', '--home', home, 'status']).ended()).out).not.toContain('\u001b');
});

it('is quiet where nobody reads what it prints', async () => {
  const { child, ended } = ncolony(['--help']);
  child.stdout!.destroy();
  expect(await ended()).toMatchObject({ err: '', exitCode: 0 });
});

it('says that a disk is full', async () => {
  const { ended } = ncolony(['--help'], openSync('/dev/full', 'w'));
  expect(await ended()).toMatchObject({
    err: expect.stringMatching(/^ncolony: standard output: ENOSPC[^\n]*\n$/) as string,
    exitCode: 1,
  });
});
