import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { fixture } from '../fixtures/programs.js';
import { seeProcess } from '../processes.js';
import { test } from './colony.js';

const patience = { interval: 5, timeout: 5_000 };

const says = (stdout: string, stderr = '') => ({ args: [fixture('say'), stdout, stderr] });

test('each line is a record with the program’s name and the stream, whatever the log level', async ({ colony }) => {
  const monitor = colony.launch(['--log-level', 'fatal']);
  colony.write('talker', says('to stdout\\n\\n', 'to stderr\\n'));
  expect(await monitor.said('talker', 'to stdout')).toMatchObject({ stream: 'stdout' });
  expect(await monitor.said('talker', 'to stderr')).toMatchObject({ stream: 'stderr' });
  await monitor.said('talker', '');
  expect(monitor.records.filter((record) => record['stream'] === undefined)).toEqual([]);
});

test('halves of lines on stdout and stderr are never glued together', async ({ colony }) => {
  const monitor = await colony.monitor();
  const script = 'printf "one "; printf "two " >&2; printf "half\\n"; printf "quarters\\n" >&2; exec sleep 1000';
  colony.write('halves', { args: ['sh', '-c', script] });
  await monitor.said('halves', 'two quarters');
  await monitor.said('halves', 'one half');
  expect(monitor.saidBy('halves')).toHaveLength(2);
});

test('a last line without its end is said when the program exits', async ({ colony }) => {
  const monitor = await colony.monitor('-m', '60', '-M', '60');
  colony.write('cut-off', { args: ['sh', '-c', 'printf "whole\\nlast"'] });
  await monitor.said('cut-off', 'last');
  expect(monitor.saidBy('cut-off')).toEqual(['whole', 'last']);
});

test('what was said before a stop is in the log, to the last byte', async ({ colony }) => {
  const monitor = await colony.monitor();
  const script = 'trap "seq 1 5000; printf end; exit" TERM; echo ready; while :; do sleep 1000 & wait; done';
  colony.write('last-words', { args: ['sh', '-c', script] });
  await monitor.said('last-words', 'ready');
  await colony.stop(monitor);
  expect(monitor.saidBy('last-words')).toEqual(['ready', ...Array.from({ length: 5000 }, (_, i) => `${i + 1}`), 'end']);
});

test('/dev/stdout and /dev/stderr can be opened by a program', async ({ colony }) => {
  const monitor = await colony.monitor();
  const script = 'echo x > /dev/stdout; echo y > /dev/stderr; exec sleep 1000';
  colony.write('device', { args: ['sh', '-c', script] });
  expect(await monitor.said('device', 'x')).toMatchObject({ stream: 'stdout' });
  expect(await monitor.said('device', 'y')).toMatchObject({ stream: 'stderr' });
  expect(monitor.saidBy('device')).toHaveLength(2);
});

test.runIf(process.getuid?.() === 0)('/dev/stdout can be opened by a program of another user', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('device', { args: ['sh', '-c', 'echo x > /dev/stdout; exec sleep 1000'], uid: 65534 });
  await monitor.said('device', 'x');
});

test('a grandchild that keeps stdout open does not hide its parent’s death', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '0.2');
  colony.write('parent', { args: [fixture('outlived'), '0.3'] });
  const { pid } = await monitor.fact('program.running', { name: 'parent' });
  const grandchild = colony.processes('parent').find((seen) => seen.parent === pid)!;
  const died = await monitor.fact('program.died', { name: 'parent' });

  expect(died).toMatchObject({ exit: { code: 3, signal: null }, stragglers: [expect.any(Number)] });
  const { pid: next } = await monitor.fact('program.started', { name: 'parent' }, monitor.records.indexOf(died));
  expect(next).not.toBe(pid);
  expect(seeProcess(grandchild.pid)).toBeUndefined();
});

test('a daemon that keeps stdout open does not hide its parent’s death either', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('parent', { args: [fixture('daemonise-and-die'), join(colony.root, 'once')] });
  const died = await monitor.fact('program.died', { name: 'parent' });
  expect(died).toMatchObject({ exit: { code: 3, signal: null }, stragglers: [] });
  await monitor.fact('program.running', { name: 'parent' });
  const { msg } = await monitor.said('parent', /^daemon \d+$/);
  expect(seeProcess(Number(msg.split(' ')[1]))).toBeDefined();
});

test('--logs gives each program a file of its own, byte for byte', async ({ colony }) => {
  const logs = join(colony.root, 'logs');
  mkdirSync(logs);
  const monitor = await colony.monitor('--logs', logs, '-m', '60', '-M', '60');
  colony.write('writer', { args: ['printf', 'caf\\303\\251\\n\\000\\001\\377 without end'] });
  await monitor.fact('program.backing-off', { name: 'writer' });

  const bytes = Buffer.concat([Buffer.from('café\n\0\x01'), Buffer.of(0xff), Buffer.from(' without end\n')]);
  const log = () => readFileSync(join(logs, 'writer.log'));
  await vi.waitFor(() => expect(log()).toEqual(bytes), patience);
  expect(monitor.saidBy('writer')).toEqual([]);
});

test('SIGHUP opens the programs’ files anew', async ({ colony }) => {
  const logs = join(colony.root, 'logs');
  mkdirSync(logs);
  const monitor = await colony.monitor('--logs', logs);
  const script = 'trap "echo hup" HUP; echo ready; while :; do sleep 1000 & wait; done';
  colony.write('speaker', { args: ['sh', '-c', script] });
  const log = join(logs, 'speaker.log');
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('ready\n'), patience);

  renameSync(log, `${log}.1`);
  monitor.kill('SIGHUP');
  await monitor.fact('supervisor.rescanned');
  colony.send({ type: 'SIGNAL', name: 'speaker', signal: 'SIGHUP' });
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('hup\n'), patience);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('ready\n');
});

test('--logfile takes the monitor’s log, and SIGHUP opens it anew', async ({ colony }) => {
  const logfile = join(colony.root, 'monitor.log');
  const monitor = colony.launch(['--logfile', logfile]);
  const read = () => readFileSync(logfile, 'utf8');
  await vi.waitFor(() => expect(read()).toContain('watches'), patience);
  renameSync(logfile, `${logfile}.1`);
  monitor.kill('SIGHUP');
  await vi.waitFor(() => read(), patience);
  colony.write('talker', says('hello\\n'));
  await vi.waitFor(() => expect(read()).toContain('"msg":"hello"'), patience);
  expect(monitor.records).toEqual([]);
});
