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
  const usual = youngSpace('');
  expect(usual).toBeGreaterThan(8);
  // Later versions of V8 let it grow in between, now and then.
  const most = process.versions.v8.startsWith('11.') ? 4 : usual / 2;
  expect(youngSpace(`(await import(${JSON.stringify(module)})).keepHeapSmall();`)).toBeLessThanOrEqual(most);
});

it('a new thread does not let it grow again', () => {
  const most = process.versions.v8.startsWith('11.') ? 4 : youngSpace('') / 2;
  const script = `const { keepHeapSmall, keepHeapStillSmall } = await import(${JSON.stringify(module)});
    const { Worker } = await import('node:worker_threads');
    const { once } = await import('node:events');
    keepHeapSmall();
    const thread = new Worker('setInterval(() => {}, 1e6)', { eval: true });
    await once(thread, 'online');
    thread.unref();
    keepHeapStillSmall();`;
  expect(youngSpace(script)).toBeLessThanOrEqual(most);
});

/** The most megabytes that the heap takes while a crowd of old objects is replaced by others, one after the other. */
function heapOfReplaced(preparation: string): number {
  const script = `${preparation}
    const kept = [];
    for (let index = 0; index < 1e5; index++) kept.push({ index, text: [index] });
    let most = 0;
    for (let index = 0; index < 8e5; index++) {
      kept[(index * 7919) % kept.length] = { index, text: [index] };
      if (index % 1e4 === 0) most = Math.max(most, process.memoryUsage().heapTotal / 2 ** 20);
    }
    process.stdout.write(String(most));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script]));
}

it('what is old and of no use any more is not kept for long', () => {
  const usual = heapOfReplaced('');
  expect(heapOfReplaced(`(await import(${JSON.stringify(module)})).keepHeapSmall();`)).toBeLessThan(0.8 * usual);
});
