import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { NativeLauncher } from '../../../src/os/native-launcher.js';
import { loadNativeLibc, type NativeLibc } from '../../../src/os/native-libc.js';

// What every launcher keeps is in launcher.test.ts.

let launcher: NativeLauncher | undefined;
const opened: number[] = [];

afterEach(() => {
  launcher?.close();
  opened.splice(0).forEach(closeSync);
});

const open = (count: number) => {
  for (let index = 0; index < count; index++) opened.push(openSync('/dev/null', 'r'));
};

/** For how many descriptors this process has room, as the kernel tells. */
const room = () => Number(/^FDSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
const highest = () => Math.max(...readdirSync('/proc/self/fd').map(Number));
const prepare = async () => launcher!.prepare({ args: ['true'], environment: {}, rights: {} });

test('there is room for descriptors before they are needed, and nothing stays open for it', async () => {
  launcher = new NativeLauncher(await loadNativeLibc(), (remark) => expect.fail(remark));
  await expect.poll(room).toBeGreaterThanOrEqual(4_096);
  await expect.poll(highest).toBeLessThan(1_000);
  open(2_100);
  (await prepare()).discard();
  await expect.poll(room).toBeGreaterThanOrEqual(8_192);
  await expect.poll(highest).toBeLessThan(4_000);
});

test('where there may not be so many descriptors, no more room is asked for', async () => {
  const makeRoom = vi.fn<NativeLibc['makeRoom']>((_descriptor, done) => done(false));
  launcher = new NativeLauncher({ ...(await loadNativeLibc()), makeRoom }, (remark) => expect.fail(remark));
  open(4_200);
  (await prepare()).discard();
  expect(makeRoom.mock.calls.map(([descriptor]) => descriptor)).toEqual([4_095]);
});

test('of a crowd that ends at once, the event loop is told in slices', async () => {
  const count = 12;
  const alive = new Set<number>();
  let nextPid = 5_000_001;
  const slowly = (pid: number) => {
    const end = performance.now() + 4;
    while (performance.now() < end);
    return alive.delete(pid) ? 0 : undefined;
  };
  const spawnSync = () => {
    alive.add(nextPid);
    return nextPid++;
  };
  const peek = () => [...alive][0];
  launcher = new NativeLauncher({ ...(await loadNativeLibc()), spawnSync, peek, reap: slowly }, () => {});
  let exits = 0;
  for (let index = 0; index < count; index++) await (await prepare()).launch(() => void exits++, false);
  // Each of them is a signal, and all are handled in one turn.
  for (const _pid of alive) process.emit('SIGCHLD');
  const seen = [exits];
  while (alive.size > 0) {
    await nextTurn();
    seen.push(exits);
  }
  expect(exits).toBe(count);
  expect(Math.max(...seen.map((exits, turn) => exits - (seen[turn - 1] ?? 0)))).toBeLessThan(5);
});
