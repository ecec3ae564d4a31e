import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { fixture } from '../fixtures/programs.js';
import { test } from './colony.js';

const canary = 'canary-7f3a91c2';

test('no environment value is in any status, record, reply, pid file or log line', async ({ colony }) => {
  const logfile = join(colony.root, 'monitor.log');
  const options = ['-t', '0.1', '-k', '0.3', '-m', '0.1', '--log-level', 'trace', '--logfile', logfile];
  const environment = { ...process.env, INHERITED: canary };
  const monitor = colony.launch(options, environment);
  const env = { SECRET: canary };
  const more = { env, env_inherit: ['INHERITED'] };
  // Every way of life that has something to report.
  colony.write('runs', { args: ['sleep', '1000'], ...more });
  colony.write('dies', { args: ['false'], ...more });
  colony.write('cannot', { args: ['/no/such/program'], ...more });
  colony.write('deaf', { args: [fixture('deaf')], ...more });
  colony.write('misspelt', { args: ['sleep', '1000'], 'ncolony.secret': canary, ...more });
  colony.write('broken', `{"args": ["cat"], "env": {"SECRET": "${canary}" oops "${canary}"}}`);
  colony.write('mistyped', { args: ['cat'], env: { SECRET: { nested: canary } } });
  colony.write('wrong-name', { args: ['cat'], env: { 'A=B': canary } });
  await colony.statusLike('runs', { state: 'running' });
  await colony.statusLike('deaf', { state: 'running' });
  await colony.statusLike('dies', { restarts: 1 });
  await colony.statusLike('broken', { error: { code: 'ESYNTAX', message: expect.any(String) as string } });

  colony.write('runs', { args: ['sleep', '1000'], env: { SECRET: `${canary}-changed` } });
  colony.send({ type: 'RESTART', name: 'nobody', secret: canary });
  colony.send(`{"type": "RESTART", "secret": "${canary}" oops`);
  colony.remove('deaf');
  await colony.statusLike('runs', { restarts: 1 });
  const rejected = join(colony.messages, '.ncolony', 'rejected');
  await vi.waitFor(() => expect(readdirSync(rejected)).toHaveLength(4), { interval: 5, timeout: 5_000 });
  await colony.stop(monitor);

  // A message that was refused is kept as it was; who can read it could read it before.
  const isKeptMessage = (path: string) => path.startsWith(rejected) && !path.endsWith('.reason');
  const found = filesWith(canary, [logfile, colony.pids, colony.messages]);
  expect(found.filter(isKeptMessage)).toHaveLength(2);
  expect(found.filter((path) => !isKeptMessage(path))).toEqual([]);
});

function filesWith(text: string, places: readonly string[]): string[] {
  const script = 'grep -rlF -e "$0" "$@" || true';
  return execFileSync('sh', ['-c', script, text, ...places], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}
