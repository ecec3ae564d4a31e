import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { add, type NewProgram } from '../../../../src/ctl/orders/add.js';
import { parseProgramFile } from '../../../../src/protocol/program-file.js';
import { emptyColony } from '../../scratch.js';

const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

function added(program: NewProgram): string {
  const colony = emptyColony();
  add(colony, 'web', program);
  expect(readdirSync(colony.config)).toEqual(['web']);
  const text = readFileSync(join(colony.config, 'web'), 'utf8');
  expect(parseProgramFile('web', Buffer.from(text))).toMatchObject({ ok: true });
  return text;
}

describe('add', () => {
  it('writes the keys of NColony, in its order', () => {
    const text = added({
      cmd: 'node',
      args: ['server.js', '-v'],
      env: { A: '1', EMPTY: '' },
      envInherit: ['PATH'],
      uid: 33,
      gid: 34,
      group: ['web'],
      extras: { more: [1] },
    });
    expect(Object.entries(JSON.parse(text) as object)).toEqual([
      ['args', ['node', 'server.js', '-v']],
      ['env', { A: '1', EMPTY: '' }],
      ['uid', 33],
      ['gid', 34],
      ['env_inherit', ['PATH']],
      ['group', ['web']],
      ['more', [1]],
    ]);
  });

  it('writes what is given, and no more', () => {
    expect(added({ cmd: 'cat' })).toBe('{\n  "args": ["cat"]\n}\n');
  });

  it('lets extras win, as NColony does', () => {
    expect(JSON.parse(added({ cmd: 'cat', extras: '{"args": ["dog"], "x": 1}' }))).toEqual({ args: ['dog'], x: 1 });
  });

  it('writes a number of 20 digits as it was given', () => {
    expect(added({ cmd: 'cat', extras: ' {"big": 12345678901234567890, "nested": {"n": 1.50}}' })).toBe(
      '{\n  "args": ["cat"],\n  "big": 12345678901234567890,\n  "nested": {"n": 1.50}\n}\n',
    );
  });

  it('keeps what may be secret from others', () => {
    const colony = emptyColony();
    add(colony, 'web', { cmd: 'cat' });
    expect(statSync(join(colony.config, 'web')).mode & 0o777).toBe(0o600);
  });

  it('replaces a program of that name', () => {
    const colony = emptyColony();
    add(colony, 'web', { cmd: 'cat' });
    add(colony, 'web', { cmd: 'dog' });
    expect(readdirSync(colony.config)).toEqual(['web']);
    expect(readFileSync(join(colony.config, 'web'), 'utf8')).toContain('dog');
  });

  it('warns of what is likely misspelt', () => {
    const colony = emptyColony();
    expect(add(colony, 'web', { cmd: 'cat' })).toEqual([]);
    expect(add(colony, 'web', { cmd: 'cat', extras: { 'ncolony.wnated': 1 } })).toEqual([
      'ncolony.wnated: not a key that ncolony knows',
    ]);
  });

  it.each<[string, NewProgram, string, RegExp]>([
    ['a/b', { cmd: 'cat' }, 'ENAME', /"a\/b" contains a slash/],
    ['', { cmd: 'cat' }, 'ENAME', /"" is empty/],
    ['x.new', { cmd: 'cat' }, 'ENAME', /ends in \.new/],
    ['..', { cmd: 'cat' }, 'ENAME', /starts with \./],
    ['web', { cmd: '' }, 'EUSAGE', /args: expected an executable/],
    ['web', { cmd: 'cat', uid: 1.5 }, 'EUSAGE', /uid: expected integer/],
    ['web', { cmd: 'cat', uid: Number.NaN }, 'EUSAGE', /uid: expected number/],
    ['web', { cmd: 'cat', env: { 'A=s3cret': 's3cret' } }, 'EUSAGE', /env\.A=…: expected the name of a variable/],
    ['web', { cmd: 'cat', env: { A: 's3cret\0' } }, 'EUSAGE', /env\.A: expected a string without NUL/],
    ['web', { cmd: 'cat', extras: '{"token": "s3cret"' }, 'EUSAGE', /extras: expected a JSON object/],
    ['web', { cmd: 'cat', extras: '["s3cret"]' }, 'EUSAGE', /extras: expected a JSON object/],
    ['web', { cmd: 'cat', extras: 'null' }, 'EUSAGE', /extras: expected a JSON object/],
    ['web', { cmd: 'cat', extras: { 'ncolony.wanted': 's3cret' } }, 'EUSAGE', /ncolony\.wanted: expected one of/],
    ['web', { cmd: 'cat', args: ['x'.repeat(65_536)] }, 'EUSAGE', /larger than 65536 bytes/],
  ])('refuses %j %.60j with %s, and writes nothing', (name, program, code, words) => {
    const colony = emptyColony();
    expect(() => add(colony, name, program)).toThrow(refusal(code, words));
    expect(() => add(colony, name, program)).not.toThrow(/s3cret/);
    expect(readdirSync(colony.config)).toEqual([]);
  });

  it('says where it cannot write, and leaves nothing', () => {
    const { home } = emptyColony();
    writeFileSync(join(home, 'file'), '');
    for (const config of [join(home, 'none'), join(home, 'file')]) {
      expect(() => add({ config }, 'web', { cmd: 'cat' })).toThrow(refusal('EDIRECTORY', /cannot be written \(ENO/));
    }
  });
});
