import { EventEmitter } from 'node:events';
import { chmodSync, linkSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createActor, createMachine, sendTo, type AnyEventObject } from 'xstate';
import type { Outcome } from '../../../machines/index.js';
import { createMessageDirectoryActor } from '../../../src/actors/message-directory.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

// The scan alone, so that nothing depends on when an event comes.
vi.mock('chokidar', () => ({
  FSWatcher: class extends EventEmitter {
    add = () => this;
    close = () => Promise.resolve();
  },
}));

const frequency = 5;

function setting() {
  const path = join(scratch(), 'messages');
  mkdirSync(path);
  const paths = runtimePaths(path);
  prepareRuntimeDirectory(paths);
  const received: string[] = [];
  const logic = createMessageDirectoryActor({
    path,
    rejected: paths.rejected,
    frequency,
    take: () => undefined,
    refuse: () => undefined,
    warn: () => undefined,
  });
  const answered = sendTo('messages', ({ event }: { event: AnyEventObject }) => event);
  const host = createMachine({
    invoke: { id: 'messages', src: logic },
    on: { 'message.answer': { actions: answered } },
  });
  const actor = createActor(host, {
    inspect: (inspected) => {
      if (inspected.type !== '@xstate.event') return;
      const { event } = inspected as { event: AnyEventObject };
      if (event.type === 'message.garbled') received.push(String(event['id']));
      if (event.type !== 'messages.received') return;
      for (const { id } of event['messages'] as { id: string }[]) received.push(id);
    },
  }).start();
  onTestFinished(() => void actor.stop());
  return {
    path,
    received,
    put: (id: string, text = '{"type":"RESTART-ALL"}') => {
      writeFileSync(join(path, `.${id}.new`), text);
      renameSync(join(path, `.${id}.new`), join(path, id));
    },
    /** Resolves when so many were received, and several scans more found nothing. */
    receives: async (...ids: string[]) => {
      await vi.waitFor(() => expect(received).toEqual(ids), { interval: 1 });
      await setTimeout(10 * frequency);
      expect(received).toEqual(ids);
    },
    answer: (id: string) => {
      const outcome: Outcome = { kind: 'obeyed', names: [] };
      actor.send({ type: 'message.answer', id, outcome });
    },
    left: () => readdirSync(path).filter((name) => name !== '.ncolony'),
  };
}

describe('a message has its effect once, though before it is deleted', () => {
  it.each<[what: string, touch: (path: string) => void]>([
    ['its mode is changed', (path) => chmodSync(path, 0o600)],
    ['its times are changed', (path) => utimesSync(path, 1, 1)],
    ['another name of it comes', (path) => linkSync(path, `${path}.new`)],
    ['it is written again as it is', (path) => writeFileSync(path, '{"type":"RESTART-ALL"}')],
  ])('%s', async (_, touch) => {
    const { path, received, put, receives, answer, left } = setting();
    put('m1');
    await receives('m1');
    touch(join(path, 'm1'));
    await receives('m1');
    answer('m1');
    await vi.waitFor(() => expect(left()).not.toContain('m1'), { interval: 1 });
    expect(received).toEqual(['m1']);
  });

  it('the directory goes away and comes back', async () => {
    const { path, put, receives, answer, left } = setting();
    put('m1');
    await receives('m1');
    renameSync(path, `${path}.away`);
    answer('m1');
    await receives('m1');
    renameSync(`${path}.away`, path);
    await vi.waitFor(() => expect(left()).toEqual([]), { interval: 1, timeout: 5_000 });
    await receives('m1');
  });

  it('what replaces it is another message', async () => {
    const { put, receives, answer, left } = setting();
    put('m1');
    await receives('m1');
    put('m1');
    await receives('m1', 'm1');
    answer('m1');
    await vi.waitFor(() => expect(left()).toEqual([]), { interval: 1 });
  });
});
