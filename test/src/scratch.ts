import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';

/** A directory of the running test's own; gone when it is finished. */
export function scratch(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return path;
}

/** The two directories of a colony, empty. */
export function emptyColony(): { home: string; config: string; messages: string } {
  const home = scratch();
  const colony = { home, config: join(home, 'conf'), messages: join(home, 'messages') };
  mkdirSync(colony.config);
  mkdirSync(colony.messages);
  return colony;
}
