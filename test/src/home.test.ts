import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { colonyDirectories, createHome } from '../../src/home.js';
import { scratch } from './scratch.js';

const inHome = { config: '/h/conf', messages: '/h/messages', pid: '/h/pid', logs: '/h/logs' };

it('is four directories', () => {
  expect(colonyDirectories({ home: '/h' }, {})).toMatchObject(inHome);
});

it('is taken from the environment where it is not given', () => {
  expect(colonyDirectories({}, { NCOLONY_HOME: '/h' })).toMatchObject(inHome);
  expect(colonyDirectories({ home: '/h' }, { NCOLONY_HOME: '/other' })).toMatchObject(inHome);
  expect(colonyDirectories({}, { NCOLONY_HOME: '' }).config).toBeUndefined();
});

it('gives way to what is given by itself', () => {
  expect(colonyDirectories({ home: '/h', config: '/c', logs: '/l' }, {})).toEqual({
    ...inHome,
    config: '/c',
    logs: '/l',
    inHome: ['/h/messages', '/h/pid'],
  });
});

it('makes paths absolute', () => {
  expect(colonyDirectories({ home: 'h', config: 'c' }, {})).toMatchObject({
    config: resolve('c'),
    messages: resolve('h/messages'),
  });
});

it('is created where it is missing, without what is given by itself', () => {
  const home = scratch();
  createHome(colonyDirectories({ home, logs: join(home, 'elsewhere') }, {}));
  createHome(colonyDirectories({ home, logs: join(home, 'elsewhere') }, {}));
  expect(readdirSync(home).sort()).toEqual(['conf', 'messages', 'pid']);
});

it('says what cannot be created', () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  expect(() => createHome(colonyDirectories({ home: file }, {}))).toThrow(`${file}/conf: cannot be created (ENOTDIR`);
});
