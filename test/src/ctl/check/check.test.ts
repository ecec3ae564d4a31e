import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check, checkLines } from '../../../../src/ctl/check/check.js';
import { emptyColony, scratch } from '../../scratch.js';

const secret = 's3cret';

function colony() {
  const { config } = emptyColony();
  const file = (name: string, text: string) => writeFileSync(join(config, name), text);
  file('good', `{"args":["cat"],"env":{"TOKEN":"${secret}"}}`);
  file('misspelt', `{"args":["cat"],"ncolony.wnated":"${secret}"}`);
  file('twice', `{"args":[1],"env":{"TOKEN":5,"A":"${secret}"},"uid":"${secret}"}`);
  file('broken', `{"args":["${secret}"], ${secret}}`);
  file('empty', '');
  file('ignored.new', '{');
  file('.hidden', '{');
  mkdirSync(join(config, 'directory'));
  execFileSync('mkfifo', [join(config, 'fifo')]);
  return { config, path: (name: string) => join(config, name) };
}

it('finds every fault of every file that the monitor reads, in the order of their names', () => {
  const { config, path } = colony();
  expect(check({ config })).toEqual({
    version: 1,
    checked: 5,
    faults: [
      { file: path('broken'), code: 'ESYNTAX', message: 'not JSON: line 1, column 21' },
      { file: path('empty'), code: 'EEMPTY', message: 'the file is empty' },
      { file: path('twice'), code: 'ESCHEMA', message: 'args.0: expected string, received number' },
      { file: path('twice'), code: 'ESCHEMA', message: 'env.TOKEN: expected string, received number' },
      { file: path('twice'), code: 'ESCHEMA', message: 'uid: expected number, received string' },
    ],
    warnings: [{ file: path('misspelt'), message: 'ncolony.wnated: not a key that ncolony knows' }],
  });
});

it('looks at the files that are given, wherever they are and whatever they are called', () => {
  const { path } = colony();
  expect(check([path('good'), path('ignored.new'), path('fifo'), path('none')])).toMatchObject({
    checked: 4,
    faults: [
      { file: path('ignored.new'), code: 'ESYNTAX' },
      { file: path('fifo'), message: 'not a regular file' },
      { file: path('none'), message: 'there is no such file' },
    ],
  });
});

it('is printed a line a fault, without a word of what the files say', () => {
  const { config, path } = colony();
  const lines = checkLines(check({ config }));
  expect(lines).toHaveLength(6);
  expect(lines).toContain(`${path('twice')}: env.TOKEN: expected string, received number`);
  expect(lines).toContain(`${path('misspelt')}: warning: ncolony.wnated: not a key that ncolony knows`);
  expect(lines.join()).not.toContain(secret);
});

it('says how many files are good where all are', () => {
  const config = scratch();
  expect(checkLines(check({ config }))).toEqual(['0 files are good.']);
  writeFileSync(join(config, 'a\nb'), '{"args":["cat"]}');
  expect(checkLines(check({ config }))).toEqual(['1 file is good.']);
  writeFileSync(join(config, 'a\nb'), '{}');
  expect(checkLines(check({ config }))).toEqual([`${config}/a\\nb: args: expected array, received nothing`]);
});

it('says which directory cannot be read', () => {
  const config = join(scratch(), 'none');
  expect(() => check({ config })).toThrow(`${config}: cannot be read (ENOENT`);
});
