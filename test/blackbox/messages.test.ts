import { execFileSync } from 'node:child_process';
import { appendFileSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, vi } from 'vitest';
import { test, type Colony } from './colony.js';
import type { RunningMonitor } from './running-monitor.js';

const patience = { interval: 5, timeout: 5_000 };

const stays = { args: ['sleep', '1000'] };

async function start(monitor: RunningMonitor, colony: Colony, names: readonly string[], file: object = stays) {
  for (const name of names) colony.write(name, file);
  for (const name of names) await monitor.fact('program.started', { name });
}

/** What is left in the messages directory. */
const leftIn = (colony: Colony) => readdirSync(colony.messages).filter((name) => name !== '.ncolony');

const nothingLeftIn = (colony: Colony) => vi.waitFor(() => expect(leftIn(colony)).toEqual([]), patience);

test('a message that NColony’s own ctl writes is obeyed, and goes', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['one', 'other']);
  const since = monitor.now;
  const id = colony.send('{"type": "RESTART", "name": "one"}', '000Message.1234');
  await monitor.fact('program.started', { name: 'one' }, since);
  await colony.settled(monitor);

  expect(monitor.facts('program.started', { name: 'other' })).toHaveLength(1);
  await nothingLeftIn(colony);
  const reply: unknown = JSON.parse(readFileSync(join(colony.messages, '.ncolony', 'replies', `${id}.json`), 'utf8'));
  expect(reply).toMatchObject({ version: 1, message: id, outcome: { kind: 'obeyed', names: ['one'] } });
});

test('messages that were there before the monitor are obeyed in the order of their names', async ({ colony }) => {
  colony.write('one', stays);
  for (const id of ['m3', 'm1', 'm2']) colony.send({ type: 'RESTART', name: 'one' }, id);
  const monitor = await colony.monitor();
  await monitor.fact('message.judged', { id: 'm3' });
  expect(monitor.facts('message.judged').map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
});

test('RESTART-ALL restarts all that are wanted up', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['a', 'b']);
  colony.write('down', { ...stays, 'ncolony.wanted': 'down' });
  const since = monitor.now;
  colony.send({ type: 'RESTART-ALL' });
  for (const name of ['a', 'b']) await monitor.fact('program.started', { name }, since);
  expect(monitor.facts('program.started', { name: 'down' })).toEqual([]);
});

test('RESTART-GROUP restarts a group and nothing else', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['web-1', 'web-2'], { ...stays, group: ['all', 'web'] });
  await start(monitor, colony, ['db'], { ...stays, group: ['all', 'db'] });
  const since = monitor.now;
  const id = colony.send({ type: 'RESTART-GROUP', group: 'web' });
  for (const name of ['web-1', 'web-2']) await monitor.fact('program.started', { name }, since);
  expect(await monitor.fact('message.judged', { id })).toMatchObject({ outcome: { names: ['web-1', 'web-2'] } });
  expect(monitor.facts('program.started', { name: 'db' })).toHaveLength(1);
});

test('SIGNAL reaches the main process', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('listener', {
    args: ['sh', '-c', 'trap "echo hup" HUP; echo ready; while :; do sleep 1000 & wait; done'],
  });
  await monitor.said('listener', 'ready');
  colony.send({ type: 'SIGNAL', name: 'listener', signal: 'SIGHUP' });
  await monitor.said('listener', 'hup');
});

test('a restart of what is wanted down is answered so, and starts nothing', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('down', { ...stays, 'ncolony.wanted': 'down' });
  const id = colony.send({ type: 'RESTART', name: 'down' });
  expect(await monitor.fact('message.judged', { id })).toMatchObject({
    outcome: { kind: 'declined', error: { code: 'EDOWN' } },
  });
  await colony.settled(monitor);
  expect(colony.processes()).toEqual([]);
  await nothingLeftIn(colony);
});

test('poison messages are kept with their reason, and the next message is obeyed', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['good']);
  const poison: [text: string, code: string][] = [
    ['{"type": "RESTA', 'ESYNTAX'],
    ['', 'EEMPTY'],
    ['null', 'EMESSAGE'],
    ['[]', 'EMESSAGE'],
    ['{"type": "REBOOT", "name": "good"}', 'EMESSAGE'],
    ['{"type": "RESTART"}', 'EMESSAGE'],
    ['{"type": "RESTART", "name": 7}', 'EMESSAGE'],
    ['{"type": "SIGNAL", "name": "good", "signal": "SIGNONE"}', 'EMESSAGE'],
    ['{"type": "RESTART", "name": "nobody"}', 'EUNKNOWN'],
  ];
  const sent = poison.map(([text, code], index) => ({ text, code, id: colony.send(text, `poison-${index}`) }));
  const since = monitor.now;
  colony.send({ type: 'RESTART', name: 'good' }, 'then-a-good-one');
  await monitor.fact('program.started', { name: 'good' }, since);

  const rejected = join(colony.messages, '.ncolony', 'rejected');
  for (const { id, text, code } of sent) {
    expect(await monitor.fact('message.judged', { id })).toMatchObject({ outcome: { kind: 'rejected' } });
    const keptAs = () => readdirSync(rejected).filter((name) => name.startsWith(id));
    await vi.waitFor(() => expect(keptAs()).toHaveLength(2), patience);
    const [kept, reason] = keptAs();
    expect(readFileSync(join(rejected, kept!), 'utf8')).toBe(text);
    expect(JSON.parse(readFileSync(join(rejected, reason!), 'utf8'))).toMatchObject({ message: id, error: { code } });
  }
  await nothingLeftIn(colony);
});

test('another way to its file is no name of a program', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['good']);
  const names = ['./good', `../${basename(colony.config)}/good`, 'good\0', '\ud800'];
  for (const [index, name] of names.entries()) {
    const id = colony.send({ type: 'RESTART', name }, `way-${index}`);
    expect(await monitor.fact('message.judged', { id })).toMatchObject({ outcome: { error: { code: 'EUNKNOWN' } } });
  }
  await colony.settled(monitor);
  expect(colony.processes()).toHaveLength(1);
});

test('what is no regular file is left alone, and the next message is obeyed', async ({ colony }) => {
  execFileSync('mkfifo', [join(colony.messages, '000fifo')]);
  mkdirSync(join(colony.messages, '001directory'));
  const monitor = await colony.monitor();
  await start(monitor, colony, ['good']);
  const since = monitor.now;
  colony.send({ type: 'RESTART', name: 'good' }, '999Message.1');
  await monitor.fact('program.started', { name: 'good' }, since);

  await vi.waitFor(() => expect(leftIn(colony)).toEqual(['000fifo', '001directory']), patience);
  expect(lstatSync(join(colony.messages, '000fifo')).isFIFO()).toBe(true);
});

test('a message that is still being written is given time', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['good']);
  const path = join(colony.messages, 'slow-writer');
  const since = monitor.now;
  for (const piece of ['', '{"type": "REST', 'ART", "name"', ': "good"}']) {
    appendFileSync(path, piece);
    await colony.settled(monitor);
  }
  await monitor.fact('program.started', { name: 'good' }, since);
  expect(monitor.facts('message.judged', { id: 'slow-writer' })).toMatchObject([{ outcome: { kind: 'obeyed' } }]);
});

test('`add x` followed at once by `restart x` never rejects', async ({ colony }) => {
  const monitor = await colony.monitor();
  for (let index = 0; index < 30; index++) {
    const name = `new-${index}`;
    colony.write(name, stays);
    const id = colony.send({ type: 'RESTART', name }, `restart-${String(index).padStart(2, '0')}`);
    if (index % 3 === 0) await monitor.fact('message.judged', { id });
  }
  const last = await monitor.fact('message.judged', { id: 'restart-29' });
  expect(last.outcome.kind).toBe('obeyed');
  const outcomes = monitor.facts('message.judged').map(({ outcome }) => outcome.kind);
  expect(outcomes).toEqual(Array.from({ length: 30 }, () => 'obeyed'));
});

test('a name that a writer uses again is a new message', async ({ colony }) => {
  const monitor = await colony.monitor();
  await start(monitor, colony, ['good']);
  for (let index = 0; index < 5; index++) {
    const since = monitor.now;
    colony.send({ type: 'RESTART', name: 'good' }, '000Message.77');
    await monitor.fact('program.started', { name: 'good' }, since);
  }
  await nothingLeftIn(colony);
});
