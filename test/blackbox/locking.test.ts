import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { seeProcess } from '../processes.js';
import { test, type Colony } from './colony.js';
import { RunningMonitor } from './running-monitor.js';

/** A directory beside the colony's own. */
function elsewhere(colony: Colony): string {
  const path = join(colony.root, 'elsewhere');
  mkdirSync(path);
  return path;
}

describe('a second monitor exits with 1, naming the first’s pid, and harms nothing', () => {
  test.for([
    ['on both directories', (colony: Colony) => [colony.config, colony.messages]],
    ['on the config directory only', (colony: Colony) => [colony.config, elsewhere(colony)]],
    ['on the messages directory only', (colony: Colony) => [elsewhere(colony), colony.messages]],
  ] as const)('%s', async ([, places], { colony }) => {
    const first = await colony.monitor();
    colony.write('one', { args: ['sleep', '1000'] });
    const { pid } = await first.fact('program.running', { name: 'one' });

    const [config = '', messages = ''] = places(colony);
    const second = new RunningMonitor(['--config', config, '--messages', messages]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain(`pid ${first.pid}`);
    expect(colony.processes()).toMatchObject([{ pid }]);
  });
});

test('of several that start in the same instant exactly one runs', async ({ colony }) => {
  const monitors = Array.from({ length: 4 }, () => colony.launch());
  const refused = await Promise.all(monitors.map((monitor) => Promise.race([monitor.ended, monitor.begun()])));
  const codes = refused.map((answer) => ('code' in answer ? answer.code : 'runs'));
  expect(codes.filter((code) => code === 'runs')).toHaveLength(1);
  expect(codes.filter((code) => code === 1)).toHaveLength(3);
});

test('after SIGKILL of the first a new monitor starts at once, and ends what it left before it starts anything', async ({
  colony,
}) => {
  const first = await colony.monitor();
  colony.write('one', { args: ['sleep', '1000'] });
  const { pid: orphan } = await first.fact('program.started', { name: 'one' });
  first.kill('SIGKILL');
  await first.ended;
  expect(seeProcess(orphan)).toBeDefined();

  const second = await colony.monitor();
  const { pid } = await second.fact('program.started', { name: 'one' });
  expect(seeProcess(orphan)).toBeUndefined();
  // Its environment can be read a moment after the spawn is known to have succeeded.
  await expect.poll(() => colony.processes()).toMatchObject([{ pid }]);
});

test('a monitor that was stopped leaves its directories free', async ({ colony }) => {
  await colony.stop(await colony.monitor());
  await colony.stop(await colony.monitor());
});
