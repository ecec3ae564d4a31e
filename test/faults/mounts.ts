import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { test as colonyTest, type Colony } from '../blackbox/colony.js';

/** A test with a colony in which it may mount what it likes: all is unmounted when it ends. */
export const test = colonyTest.extend<{ colony: Colony }>({
  colony: async ({ colony }, use) => {
    try {
      await use(colony);
      await colony.stopAll();
    } finally {
      const mounted = readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .map((line) => line.split(' ')[1] ?? '');
      const ours = mounted.filter((path) => path.startsWith(`${colony.root}/`));
      for (const path of ours.toReversed()) unmount(path);
    }
  },
});

/** A file system of its own at a path, of so many pages of 4 KiB. */
export function mountSmall(path: string, pages: number): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * 4}k,mode=700`, 'none', path]);
}

/**
 * Makes a directory read-only for whoever goes by its path, from now on and until `undo`; by `way` it can be written.
 * Nothing is remounted that somebody may be writing to: that would fail.
 */
export function makeReadOnly(path: string): { readonly way: string; readonly undo: () => void } {
  const [way, box] = [`${path}.writable`, `${path}.read-only`] as const;
  for (const place of [way, box]) {
    mkdirSync(place);
    execFileSync('mount', ['--bind', path, place]);
  }
  execFileSync('mount', ['-o', 'remount,bind,ro', box]);
  execFileSync('mount', ['--bind', box, path]);
  return { way, undo: () => unmount(path) };
}

function unmount(path: string): void {
  execFileSync('umount', ['-l', path]);
}
