import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../../machines/index.js';
import { DirectoryWatch } from '../../../src/actors/directory-watch.js';

const watcher = vi.hoisted(() => ({ current: undefined as EventEmitter | undefined }));
vi.mock('chokidar', () => ({
  FSWatcher: class extends EventEmitter {
    add = () => (watcher.current = this);
    close = () => {
      this.removeAllListeners();
      return Promise.resolve();
    };
  },
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a directory that changes without an event', () => {
  function watched() {
    const broken = vi.fn<(error: Fault) => void>();
    const watch = new DirectoryWatch('/conf', () => undefined, broken);
    watch.arm('1:1');
    watch.compare(1n);
    return { watch, broken, tell: () => watcher.current?.emit('raw', 'rename', 'web') };
  }

  it('is on a file system that has none', async () => {
    const { watch, broken } = watched();
    watch.compare(2n);
    await vi.advanceTimersByTimeAsync(999);
    expect(broken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(broken.mock.calls).toEqual([[{ code: 'ENOEVENTS', message: 'its file system does not tell of changes' }]]);
  });

  it('is not, when the event comes late', async () => {
    const { watch, broken, tell } = watched();
    watch.compare(2n);
    await vi.advanceTimersByTimeAsync(900);
    tell();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(broken).not.toHaveBeenCalled();
  });

  it('is not, when the event came before it was looked at', async () => {
    const { watch, broken, tell } = watched();
    tell();
    watch.compare(2n);
    await vi.advanceTimersByTimeAsync(5_000);
    watch.compare(2n);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(broken).not.toHaveBeenCalled();
  });

  it('is not, when another directory stands there, or it is watched no more', async () => {
    const { watch, broken } = watched();
    watch.arm('1:2');
    watch.compare(2n);
    await vi.advanceTimersByTimeAsync(5_000);
    watch.compare(3n);
    watch.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(broken).not.toHaveBeenCalled();
  });
});

it('is closed for good: what goes wrong after that is nobody’s', () => {
  const broken = vi.fn<(error: Fault) => void>();
  const watch = new DirectoryWatch('/conf', () => undefined, broken);
  watch.arm('1:1');
  watch.close();
  expect(watcher.current?.emit('error', new Error('ELOOP'))).toBe(true);
  expect(broken).not.toHaveBeenCalled();
});
