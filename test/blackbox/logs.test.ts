import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, vi } from 'vitest';
import { logFilesOf, readLogFile } from '../../src/protocol/log-names.js';
import { test, type Colony } from './colony.js';
import { command } from './command.js';

const patience = { interval: 20, timeout: 20_000 };
const shell = (script: string, log: object = {}) => ({ args: ['/bin/sh', '-c', script], 'ncolony.log': log });

function logsOf(colony: Colony): string {
  const logs = join(colony.root, 'logs');
  mkdirSync(logs);
  return logs;
}

/** All that a program said, the oldest first, as far as it is kept. */
async function saidBy(logs: string, name: string): Promise<string> {
  const parts = await Promise.all(logFilesOf(logs, name).map((file) => text(readLogFile(file))));
  return parts.join('');
}

test('files are rotated, compressed, and deleted beyond what is kept', async ({ colony }) => {
  const logs = logsOf(colony);
  const monitor = await colony.monitor('--logs', logs, '--log-size', '10K', '--log-keep', '3', '--log-gzip');
  colony.write('counter', shell('seq 1 20000; echo done; exec sleep 1000'));
  await vi.waitFor(() => {
    const names = readdirSync(logs).sort();
    expect(names).toHaveLength(4);
    expect(names.slice(1).every((name) => name.endsWith('.gz'))).toBe(true);
    expect(readFileSync(join(logs, 'counter.log'), 'utf8')).toMatch(/\ndone\n$/);
  }, patience);
  await colony.stop(monitor);
  const lines = (await saidBy(logs, 'counter')).trimEnd().split('\n');
  const first = Number(lines[0]);
  expect(lines).toEqual([...Array.from({ length: 20_001 - first }, (_, index) => `${first + index}`), 'done']);
  // Four files at most.
  expect(lines.join('\n').length).toBeLessThan(40 * 1024);
});

test('a monitor that is killed while it rotates loses no line of what it read, and writes none twice', async ({
  colony,
}) => {
  const logs = logsOf(colony);
  const options = ['--logs', logs, '--log-size', '8K', '--log-keep', '100000', '--log-gzip', '-m', '0.01'];
  colony.write('counter', shell('for i in $(seq 1 3000); do seq -f "$$ %.0f" $((i * 1000)) $((i * 1000 + 999)); done'));
  for (let round = 0; round < 4; round++) {
    const monitor = colony.launch(options);
    const before = readdirSync(logs).length;
    await vi.waitFor(() => expect(readdirSync(logs).length).toBeGreaterThan(before + 15 + round), {
      interval: 1,
      timeout: 20_000,
    });
    monitor.kill('SIGKILL');
    await monitor.ended;
  }
  colony.remove('counter');
  const last = await colony.monitor(...options);
  await colony.settled(last);
  await colony.stop(last);

  const next = new Map<string, number>();
  const torn: string[] = [];
  for (const line of (await saidBy(logs, 'counter')).trimEnd().split('\n')) {
    const [, pid = '', digits] = /^(\d+) (\d+)$/.exec(line) ?? [];
    const expected = next.get(pid) ?? 1_000;
    if (Number(digits) === expected) next.set(pid, expected + 1);
    else torn.push(line);
  }
  expect(next.size).toBeGreaterThanOrEqual(4);
  // Half a line that was being written is all that a death can leave.
  expect(torn.length).toBeLessThanOrEqual(4);
});

test('a change of ncolony.log in a program’s file takes effect', async ({ colony }) => {
  const logs = logsOf(colony);
  const monitor = await colony.monitor('--logs', logs, '-k', '0.5');
  const script = 'echo out; echo err >&2; exec sleep 1000';
  const read = (name: string) => readFileSync(join(logs, name), 'utf8');
  colony.write('talker', shell(script));
  await vi.waitFor(() => expect(read('talker.log').split('\n').sort()).toEqual(['', 'err', 'out']), patience);

  colony.write('talker', shell(script, { stderr: 'own', stamps: true }));
  await vi.waitFor(
    () => expect(read('talker.stderr')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z err\n$/),
    patience,
  );
  await vi.waitFor(() => expect(read('talker.log')).toMatch(/Z out\n$/), patience);

  writeFileSync(join(logs, 'talker.log'), '');
  colony.write('talker', shell(`${script} # quiet`, { to: 'none' }));
  const { pid } = await monitor.fact('program.running', { name: 'talker' }, monitor.now);
  for (const stream of [1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${stream}`)).toBe('/dev/null');
  expect(read('talker.log')).toBe('');
  await colony.stop(monitor);
});

test.for(['node', 'native'])(
  'a process writes its file itself where that is asked for (%s)',
  async (kind, { colony }) => {
    const logs = logsOf(colony);
    const monitor = await colony.monitor('--logs', logs, '--log-size', '5', '--spawn', kind);
    colony.write('own', shell('echo out; readlink /proc/self/fd/1; echo err >&2; exec sleep 1000', { to: 'direct' }));
    const log = join(logs, 'own.log');
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe(`out\n${log}\nerr\n`), patience);

    // Full, it is put away before the next life.
    await colony.ctl('restart', 'own');
    const said = `out\n${log}\nerr\n`;
    await vi.waitFor(() => expect(readFileSync(`${log}.000001`, 'utf8')).toBe(said), patience);
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe(said), patience);
    expect(readdirSync(logs).sort()).toEqual(['own.log', 'own.log.000001']);
    await colony.stop(monitor);
  },
);

test('ctl logs shows what programs said, from files or from the monitor’s own log, and goes on with it', async ({
  colony,
}) => {
  const logs = logsOf(colony);
  const logfile = join(colony.root, 'monitor.log');
  for (const [source, options] of [
    ['--logs', ['--logs', logs, '--log-size', '20']],
    ['--logfile', ['--logfile', logfile]],
  ] as const) {
    const monitor = colony.launch(options);
    const place = source === '--logs' ? logs : logfile;
    colony.write('web', shell('seq 1 20; exec sleep 1000'));
    colony.write('quiet', shell('exec sleep 1000'));
    await colony.statusLike('web', { state: 'running' });
    const show = (...words: string[]) => colony.ctl('logs', ...words, source, place);
    await vi.waitFor(async () => expect((await show('web', '-n', '2')).stdout).toBe('19\n20\n'), patience);
    expect((await show('web')).stdout).toBe(Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join(''));
    expect((await show('web', '-n', '1', '--json')).stdout).toContain('"name":"web"');
    expect(await show('web', 'quiet', '-n', '1')).toMatchObject({
      code: 0,
      stdout: 'web   | 20\n',
      stderr: `ncolony: quiet: nothing of it is in ${place}\n`,
    });
    expect(await show('nobody')).toMatchObject({ code: 1, stderr: 'ncolony: there is no program "nobody"\n' });

    const words = ['ctl', '--messages', colony.messages, '--config', colony.config, 'logs', 'web', '-f', '-n', '1'];
    const following = spawn(process.execPath, [command, ...words, source, place], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(following, 'close');
    colony.endsBy(() => {
      following.kill();
      return ended;
    });
    let heard = '';
    following.stdout.on('data', (text: Buffer) => (heard += text.toString()));
    await vi.waitFor(() => expect(heard).toBe('20\n'), patience);
    await colony.ctl('restart', 'web');
    const again = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join('');
    await vi.waitFor(() => expect(heard).toBe(`20\n${again}`), patience);
    following.kill();
    await ended;
    monitor.kill('SIGTERM');
    await monitor.ended;
  }
});

test.runIf(process.getuid?.() === 0)(
  'where a helper starts it a failure of the helper is heard, whatever ncolony.log says',
  async ({ colony }) => {
    const monitor = await colony.monitor('--logs', logsOf(colony));
    for (const to of ['none', 'direct']) {
      colony.write(to, { args: ['/no/such/program'], uid: 65534, 'ncolony.log': { to } });
      const failed = await monitor.fact('program.failed', { name: to });
      expect(failed.error.code).toBe('ENOENT');
    }
    await colony.stop(monitor);
  },
);
