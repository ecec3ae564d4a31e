import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ConfigScan, ConfigSynced } from '../../../machines/index.js';
import { createConfigDirectoryActor } from '../../../src/actors/config-directory.js';
import { scratch } from '../scratch.js';
import { Probe } from './probe.js';

// A file system whose clock is so coarse that a change leaves neither size nor time nor inode different.
vi.mock('../../../src/protocol/directory.js', async (original) => ({
  ...(await original<object>()),
  signatureOf: () => 'the same',
  signatureAt: () => 'the same',
}));

test('a file that changes without a trace just after it was read is read again', async () => {
  const [path, store] = [scratch(), scratch()];
  // Behind a link, so that no event tells of it.
  writeFileSync(join(store, 'a'), '{"args": ["cat", "1"]}');
  symlinkSync(join(store, 'a'), join(path, 'a'));
  const host = { path, frequency: 20, files: new Map(), take: () => undefined, refuse: () => undefined };
  const probe = new Probe<ConfigScan, ConfigSynced>(createConfigDirectoryActor(host));
  await probe.next('config.synced', ({ added }) => added.length > 0);

  writeFileSync(join(store, 'a'), '{"args": ["cat", "2"]}');
  const { changed } = await probe.next('config.synced', (event) => event.changed.length > 0);
  expect(changed).toMatchObject([{ spec: { name: 'a', args: ['cat', '2'] }, keys: ['args'] }]);
});
