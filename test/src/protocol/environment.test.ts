import { expect, it } from 'vitest';
import { environmentOf } from '../../../src/protocol/environment.js';
import { parseProgramFile } from '../../../src/protocol/program-file.js';

const identity = { run: 'run-1', colony: '8:15' };

function environment(content: object, inherited: NodeJS.ProcessEnv = {}) {
  const parsed = parseProgramFile('web', Buffer.from(JSON.stringify({ args: ['cat'], ...content })));
  if (!parsed.ok) throw new Error(parsed.error.message);
  const { NCOLONY_CONFIG: config, ...rest } = environmentOf(parsed.file, identity, inherited);
  expect(config).toBe(parsed.file.text);
  return rest;
}

const own = { NCOLONY_NAME: 'web', NCOLONY_RUN: 'run-1', NCOLONY_COLONY: '8:15' };

it('is four names and nothing else where the file says nothing', () => {
  expect(environment({}, { PATH: '/bin', HOME: '/root' })).toEqual(own);
});

it('is what the file says', () => {
  expect(environment({ env: { A: '1', EMPTY: '' } })).toEqual({ ...own, A: '1', EMPTY: '' });
});

it('inherits what is named, the empty string for what is not there, and rather than env', () => {
  expect(environment({ env: { A: 'file' }, env_inherit: ['A', 'B'] }, { A: 'monitor', C: 'no' })).toEqual({
    ...own,
    A: 'monitor',
    B: '',
  });
});

it('inherits nothing that only every object has', () => {
  expect(environment({ env_inherit: ['constructor', '__proto__'] })).toEqual({
    ...own,
    constructor: '',
    ['__proto__']: '',
  });
});

it('cannot be made to lie about whose it is', () => {
  expect(environment({ env: { NCOLONY_RUN: 'x' }, env_inherit: ['NCOLONY_NAME'] }, { NCOLONY_NAME: 'x' })).toEqual(own);
});

it('is the bytes of the file, white space and order of keys included', () => {
  const text = '{ "x" : 12345678901234567890,\n  "args":["cat"] }\n';
  const parsed = parseProgramFile('web', Buffer.from(text));
  expect(parsed.ok && environmentOf(parsed.file, identity, {}).NCOLONY_CONFIG).toBe(text);
});
