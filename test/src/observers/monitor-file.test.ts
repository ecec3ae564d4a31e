import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MonitorFile } from '../../../src/observers/monitor-file.js';
import { runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

function monitor() {
  const paths = runtimePaths(join(scratch()));
  const status = { version: 1, pid: 1, startTime: 2, since: 'then', ncolony: '1.2.3' } as const;
  const warnings: string[] = [];
  const file = new MonitorFile(paths, status, 'a-key', (problem) => warnings.push(problem));
  const read = () => [readFileSync(paths.monitor, 'utf8'), readFileSync(paths.contentKey, 'utf8')];
  return { paths, file, read, warnings, written: [`${JSON.stringify(status)}\n`, 'a-key\n'] };
}

test('who and with which key is written, for nobody else to read', () => {
  const { paths, read, written } = monitor();
  expect(read()).toEqual(written);
  for (const path of [paths.monitor, paths.contentKey]) expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('what is lost is written again, the key as it was', () => {
  const { paths, file, read, written, warnings } = monitor();
  rmSync(paths.contentKey);
  file.check();
  expect(read()).toEqual(written);
  rmSync(paths.root, { recursive: true });
  file.check();
  expect(read()).toEqual(written);
  expect(warnings).toEqual([]);
});

test('a monitor that leaves takes both with it', () => {
  const { paths, file } = monitor();
  file.close();
  expect([paths.monitor, paths.contentKey].filter((path) => existsSync(path))).toEqual([]);
});
