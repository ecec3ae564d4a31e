import { execFileSync, spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const module = pathToFileURL(resolve('dist/src/os/small-heap.js')).href;

/** The megabytes that the space for young objects takes after many have been kept for a while. */
function youngSpace(preparation: string): number {
  const script = `${preparation}
    const kept = [];
    for (let index = 0; index < 1e6; index++) kept.push({ index });
    const { getHeapSpaceStatistics } = await import('node:v8');
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    process.stdout.write(String(young.space_size / 2 ** 20));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script]));
}

it('is done in silence, whatever the version of V8', () => {
  const script = `(await import(${JSON.stringify(module)})).keepHeapSmall();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('');
});

it('the space for young objects stays small', () => {
  expect(youngSpace('')).toBeGreaterThan(8);
  expect(youngSpace(`(await import(${JSON.stringify(module)})).keepHeapSmall();`)).toBeLessThanOrEqual(4);
});
