import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for one test. */
export interface TemporaryDirectory {
  readonly path: string;
  readonly remove: () => void;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'ncolony-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
