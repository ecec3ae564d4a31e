import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from './colony.js';
import { ncolony } from './command.js';

const addCat = ['--cmd', 'cat'];

describe('wrong use of ctl exits with 2, says so in one line, and writes nothing', () => {
  test.for<[what: string, words: string[]]>([
    ['add without --cmd', ['add', 'x']],
    ['add without a name', ['add', ...addCat]],
    ['a name with a slash', ['add', 'a/b', ...addCat]],
    ['a name that leads out of the directory', ['add', '../x', ...addCat]],
    ['a name with a leading dot', ['add', '.x', ...addCat]],
    ['a name that ends in .new', ['add', 'x.new', ...addCat]],
    ['an empty name', ['add', '', ...addCat]],
    ['a name with a newline', ['add', 'a\nb', ...addCat]],
    ['a name of 201 bytes', ['add', 'n'.repeat(201), ...addCat]],
    ['--uid abc', ['add', 'x', ...addCat, '--uid', 'abc']],
    ['--uid -1', ['add', 'x', ...addCat, '--uid=-1']],
    ['--env without a value', ['add', 'x', ...addCat, '--env', 'NAME']],
    ['bad JSON in --extras', ['add', 'x', ...addCat, '--extras', '{"a": ']],
    ['--extras that are no object', ['add', 'x', ...addCat, '--extras', '[1]']],
    ['an unknown option', ['add', 'x', ...addCat, '--colour', 'red']],
    ['an unknown subcommand', ['explode', 'x']],
    ['no subcommand', []],
    ['restart without a name', ['restart']],
    ['one word too many', ['restart-all', 'x']],
  ])('%s', async ([, words], { colony }) => {
    const { code, stdout, stderr } = await colony.ctl(...words);
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).not.toMatch(/\n.|^\s+at /);
    expect(readdirSync(colony.config)).toEqual([]);
    expect(readdirSync(colony.messages)).toEqual([]);
  });

  test('a missing --config', async ({ colony }) => {
    const { NCOLONY_HOME: _, ...environment } = process.env;
    const words = ['ctl', '--messages', colony.messages, 'add', 'x', ...addCat];
    const { code, stdout, stderr } = await ncolony(words, environment);
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toContain('--config');
    expect(readdirSync(colony.messages)).toEqual([]);
  });
});

describe('wrong use of the monitor exits with 2, says so in one line, and starts nothing', () => {
  test.for<[what: string, words: string[]]>([
    ['a negative duration', ['-t', '-1']],
    ['a duration that is no number', ['--killtime', 'soon']],
    ['a duration beyond what a timer holds', ['--maxrestartdelay', '2147484']],
    ['minrestartdelay 0', ['-m', '0']],
    ['minrestartdelay above maxrestartdelay', ['-m', '5', '-M', '1']],
    ['an unknown log level', ['--log-level', 'loud']],
    ['an unknown option', ['--colour', 'red']],
  ])('%s', async ([, words], { colony }) => {
    colony.write('x', { args: ['cat'] });
    const places = ['--config', colony.config, '--messages', colony.messages];
    const { code, stdout, stderr } = await ncolony(['monitor', ...places, ...words]);
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(readdirSync(colony.messages)).toEqual([]);
  });

  test('a directory that is not there', async ({ colony }) => {
    const nowhere = join(colony.root, 'nowhere');
    const { code, stderr } = await ncolony(['monitor', '--config', nowhere, '--messages', colony.messages]);
    expect({ code, lines: stderr.split('\n').length - 1 }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toContain(nowhere);
  });

  test('a directory to record in, which stays where it is', async ({ colony }) => {
    const places = ['--config', colony.config, '--messages', colony.messages];
    const { code, stderr } = await ncolony(['monitor', ...places, '--record', colony.pids]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `ncolony: --record ${colony.pids}: is not a regular file\n`,
    });
    expect(readdirSync(colony.root)).not.toContain('pid.1');
  });
});
