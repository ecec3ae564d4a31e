import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the running test's own; gone when it is finished. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ncolony-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The two directories of a colony, empty. */
export function emptyColony(): { home: string; config: string; messages: string } {
  const home = scratch();
  const colony = { home, config: join(home, 'conf'), messages: join(home, 'messages') };
  mkdirSync(colony.config);
  mkdirSync(colony.messages);
  return colony;
}
