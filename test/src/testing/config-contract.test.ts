import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programSpec } from '../../../machines/index.js';
import { createConfigDirectoryActor } from '../../../src/actors/config-directory.js';
import { configContract, SteppedClock } from '../../../src/testing/index.js';
import { MemorySource } from '../../examples/memory-source.js';
import { FakeDirectory } from '../../fixtures/fake-directory.js';
import { temporaryDirectory } from '../../temporary-directory.js';

describe('a directory of program files keeps the contract of a source', () => {
  const homes = new WeakMap<object, () => void>();
  const cases = configContract(
    () => {
      const home = temporaryDirectory();
      const path = join(home.path, 'conf');
      mkdirSync(path);
      const write = (name: string, text: string) => {
        writeFileSync(join(path, `${name}.new`), text);
        renameSync(join(path, `${name}.new`), join(path, name));
      };
      const tested = {
        config: createConfigDirectoryActor({
          path,
          frequency: 10_000,
          take: () => {},
          files: new Map(),
          refuse: () => undefined,
        }),
        put: (name: string, args: readonly string[], wanted: string) =>
          write(name, JSON.stringify({ args, 'ncolony.wanted': wanted })),
        remove: (name: string) => rmSync(join(path, name)),
        spoil: (name: string) => write(name, '{"args": 7}'),
      };
      homes.set(tested, () => home.remove());
      return tested;
    },
    (tested) => homes.get(tested)?.(),
  );
  test.each(cases)('$title', ({ run }) => expect(run()).resolves.toBeUndefined());
});

describe('programs in memory keep it, too', () => {
  const cases = configContract(() => {
    const source = new MemorySource();
    return {
      config: source.config,
      put: (name, args, wanted) => source.put(programSpec(name, args, { wanted })),
      remove: (name) => source.remove(name),
    };
  });
  test.each(cases)('$title', ({ run }) => expect(run()).resolves.toBeUndefined());
});

describe('the directory of our own tests keeps it, too', () => {
  const cases = configContract(() => {
    const clock = new SteppedClock();
    const directory = new FakeDirectory();
    return {
      clock,
      config: directory.configOn(clock),
      put: (name, args, wanted) => directory.write(programSpec(name, args, { wanted })),
      remove: (name) => directory.remove(name),
    };
  });
  test.each(cases)('$title', ({ run }) => expect(run()).resolves.toBeUndefined());
});
