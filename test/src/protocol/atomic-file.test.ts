import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unfinishedName, writeFileAtomically } from '../../../src/protocol/atomic-file.js';
import { scratch } from '../scratch.js';

describe.each([{ durable: false }, { durable: true }])('an atomic write, %j', (how) => {
  it('puts the whole file there, and nothing else', () => {
    const directory = scratch();
    writeFileAtomically(join(directory, 'web'), 'text', how);
    expect(readdirSync(directory)).toEqual(['web']);
    expect(readFileSync(join(directory, 'web'), 'utf8')).toBe('text');
  });

  it('is for the owner alone unless more is asked for', () => {
    const directory = scratch();
    writeFileAtomically(join(directory, 'secret'), '', how);
    writeFileAtomically(join(directory, 'open'), '', { ...how, mode: 0o644 });
    expect(statSync(join(directory, 'secret')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'open')).mode & 0o777).toBe(0o644);
  });

  it('replaces a link and leaves alone what it points to', () => {
    const directory = scratch();
    writeFileSync(join(directory, 'target'), 'old');
    symlinkSync('target', join(directory, 'web'));
    writeFileAtomically(join(directory, 'web'), 'new', how);
    expect(lstatSync(join(directory, 'web')).isFile()).toBe(true);
    expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('old');
  });

  it('takes a name of 200 bytes', () => {
    const directory = scratch();
    writeFileAtomically(join(directory, 'x'.repeat(200)), 'text', how);
    expect(readdirSync(directory)).toEqual(['x'.repeat(200)]);
  });

  it('throws and leaves nothing behind where the file cannot be put there', () => {
    const directory = scratch();
    mkdirSync(join(directory, 'web'));
    expect(() => writeFileAtomically(join(directory, 'web'), 'text', how)).toThrow(/EISDIR/);
    expect(() => writeFileAtomically(join(directory, 'none', 'web'), 'text', how)).toThrow(/ENOENT/);
    expect(readdirSync(directory)).toEqual(['web']);
  });
});

it.runIf(process.geteuid?.() === 0)('gives the file to an owner', () => {
  const directory = scratch();
  writeFileAtomically(join(directory, 'web'), '', { owner: { uid: 1234, gid: 4321 } });
  expect(statSync(join(directory, 'web'))).toMatchObject({ uid: 1234, gid: 4321 });
});

it.each(['web', 'a\u2028b', 'c\nd', '.x.new'])('what a killed writer of %j left is known by its name', (name) => {
  expect(unfinishedName(`.${name}.0123456789.new`)).toBe(name);
});
