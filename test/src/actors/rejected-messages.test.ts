import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RejectedMessages } from '../../../src/actors/rejected-messages.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

it('keeps a thousand rejected messages with their reasons, the newest ones', () => {
  const messages = scratch();
  const paths = runtimePaths(messages);
  prepareRuntimeDirectory(paths);
  for (let index = 0; index < 1_000; index++) {
    for (const file of [`old.${index}`, `old.${index}.reason`]) {
      writeFileSync(join(paths.rejected, file), '');
      const at = Date.now() / 1_000 - 10_000 + index;
      utimesSync(join(paths.rejected, file), at, at);
    }
  }
  const kept = new RejectedMessages(paths.rejected);
  for (const id of ['one', 'two']) {
    writeFileSync(join(messages, id), 'nonsense');
    kept.take(join(messages, id), id, { code: 'ESYNTAX', message: 'not JSON' });
  }
  const files = readdirSync(paths.rejected);
  expect(files).toHaveLength(2_000);
  expect(files.filter((file) => /^(one|two)\..{8}(\.reason)?$/.test(file))).toHaveLength(4);
  expect(files.filter((file) => /^old\.[01](\.reason)?$/.test(file))).toEqual([]);
});
