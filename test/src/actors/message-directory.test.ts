import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type {
  DirectoryNews,
  MessageAnswer,
  MessageGarbled,
  MessagesReceived,
  Outcome,
} from '../../../machines/index.js';
import { createMessageDirectoryActor, type MessageDirectoryHost } from '../../../src/actors/message-directory.js';
import { readFileBytes } from '../../../src/protocol/file-bytes.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';
import { Probe } from './probe.js';

vi.mock('../../../src/protocol/file-bytes.js', { spy: true });
const actual = await vi.importActual<{ readFileBytes: typeof readFileBytes }>('../../../src/protocol/file-bytes.js');
const looksAt = (path: string) => vi.mocked(readFileBytes).mock.calls.filter(([looked]) => looked === path).length;

const obeyed: Outcome = { kind: 'obeyed', names: [] };
const rejected: Outcome = { kind: 'rejected', error: { code: 'EUNKNOWN', message: 'no such program' } };
const restart = (name: string) => JSON.stringify({ type: 'RESTART', name });

function rejectedDirectory(): string {
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  return paths.rejected;
}

class Watched {
  readonly path: string;
  readonly rejected = rejectedDirectory();
  readonly warnings: string[] = [];
  readonly probe: Probe<MessageAnswer, MessagesReceived | MessageGarbled | DirectoryNews>;

  constructor(options: Partial<MessageDirectoryHost> = {}) {
    this.path = options.path ?? scratch();
    const host: MessageDirectoryHost = {
      path: this.path,
      rejected: this.rejected,
      frequency: 600_000,
      take: () => undefined,
      refuse: () => undefined,
      warn: (problem) => this.warnings.push(problem),
      ...options,
    };
    this.probe = new Probe(createMessageDirectoryActor(host));
  }

  at(id: string): string {
    return join(this.path, id);
  }

  put(id: string, text: string): void {
    writeFileSync(this.at(`${id}.new`), text);
    renameSync(this.at(`${id}.new`), this.at(id));
  }

  answer(id: string, outcome: Outcome = obeyed): void {
    this.probe.tell({ type: 'message.answer', id, outcome });
  }

  /** Resolves to the message when it is received. */
  async received(id: string, after = 0) {
    const has = ({ messages }: MessagesReceived) => messages.some((message) => message.id === id);
    const { messages } = await this.probe.next('messages.received', has, after);
    return messages.find((message) => message.id === id)?.message;
  }

  garbled(id: string, after = 0): Promise<MessageGarbled> {
    return this.probe.next('message.garbled', (event) => event.id === id, after);
  }

  /** Ids of all messages received so far, in order. */
  get ids(): string[] {
    return this.probe.events.flatMap((event) =>
      event.type === 'messages.received' ? event.messages.map(({ id }) => id) : [],
    );
  }

  gone(id: string): Promise<void> {
    return vi.waitFor(() => expect(existsSync(this.at(id))).toBe(false), { interval: 2, timeout: 5_000 });
  }
}

describe('a message', () => {
  test('is received when it is put there, and goes when it is answered, not before', async () => {
    const directory = new Watched();
    directory.put('m', restart('web'));
    expect(await directory.received('m')).toEqual({ type: 'RESTART', name: 'web' });
    expect(existsSync(directory.at('m'))).toBe(true);
    directory.answer('m');
    await directory.gone('m');
  });

  test('is received in the order of its name among those that are there', async () => {
    const path = scratch();
    for (const id of ['b', '010', 'a', '9']) writeFileSync(join(path, id), restart('web'));
    const directory = new Watched({ path });
    await directory.received('b');
    expect(directory.ids).toEqual(['010', '9', 'a', 'b']);
  });

  test('is received once, however long its answer takes', async () => {
    const directory = new Watched({ frequency: 5 });
    directory.put('first', restart('web'));
    await directory.received('first');
    directory.put('second', restart('web'));
    await directory.received('second');
    directory.put('third', restart('web'));
    await directory.received('third');
    expect(directory.ids).toEqual(['first', 'second', 'third']);
  });

  test('that a monitor did not answer is received by the next: at least once', async () => {
    const first = new Watched();
    first.put('m', restart('web'));
    await first.received('m');
    first.probe.stop();
    const second = new Watched({ path: first.path });
    expect(await second.received('m')).toEqual({ type: 'RESTART', name: 'web' });
  });

  test('with a name that was used before is a new one', async () => {
    const directory = new Watched();
    for (const name of ['one', 'two', 'three']) {
      const since = directory.probe.now;
      directory.put('m', restart(name));
      expect(await directory.received('m', since)).toEqual({ type: 'RESTART', name });
      directory.answer('m');
      await directory.gone('m');
    }
  });

  test('that took the place of one that is being obeyed is not lost with it', async () => {
    const directory = new Watched();
    directory.put('m', restart('one'));
    await directory.received('m');
    const since = directory.probe.now;
    directory.put('m', restart('two'));
    directory.answer('m');
    expect(await directory.received('m', since)).toEqual({ type: 'RESTART', name: 'two' });
    directory.answer('m');
    await directory.gone('m');
  });

  test('that was taken away before its answer harms nothing', async () => {
    const directory = new Watched();
    directory.put('m', restart('web'));
    await directory.received('m');
    rmSync(directory.at('m'));
    directory.answer('m');
    directory.put('n', restart('web'));
    await directory.received('n');
    expect(directory.ids).toEqual(['m', 'n']);
  });

  test('may be a link to one', async () => {
    const directory = new Watched();
    const target = join(scratch(), 'target');
    writeFileSync(target, restart('web'));
    symlinkSync(target, directory.at('m'));
    await directory.received('m');
    directory.answer('m');
    await directory.gone('m');
    expect(existsSync(target)).toBe(true);
  });
});

describe('a message that means nothing', () => {
  test.for<[what: string, text: string, garbled: object]>([
    ['null', 'null', { error: { code: 'EMESSAGE' }, of: {} }],
    ['an unknown type', '{"type": "X", "name": "n", "secret": "s"}', { of: { type: 'X', name: 'n' } }],
    ['a name that is none', '{"type": "RESTART", "name": 1}', { of: { type: 'RESTART' } }],
    ['an unknown signal', '{"type": "SIGNAL", "name": "n", "signal": "9"}', { of: { type: 'SIGNAL', name: 'n' } }],
    ['more than 64 KiB', JSON.stringify({ type: 'RESTART-ALL', x: 'x'.repeat(70_000) }), { error: { code: 'ESIZE' } }],
  ])('is told at once, never with its body: %s', async ([, text, expected]) => {
    const directory = new Watched();
    directory.put('m', text);
    const event = await directory.garbled('m');
    expect(event).toMatchObject(expected);
    expect(JSON.stringify(event)).not.toContain('secret');
  });

  test.for([
    ['not JSON', '{"type": "RESTART"', 'ESYNTAX'],
    ['empty', '', 'EEMPTY'],
    ['not UTF-8', '"\xff"', 'EENCODING'],
  ] as const)('is given time when a writer may be at work: %s', async ([, text, code]) => {
    const directory = new Watched();
    const begin = performance.now();
    writeFileSync(directory.at('m'), Buffer.from(text, 'latin1'));
    expect(await directory.garbled('m')).toMatchObject({ error: { code } });
    expect(performance.now() - begin).toBeGreaterThan(400);
  });

  test('is kept with its reason when it is rejected', async () => {
    const directory = new Watched();
    directory.put('m', 'null');
    await directory.garbled('m');
    directory.answer('m', rejected);
    await directory.gone('m');
    const kept = () => readdirSync(directory.rejected).sort();
    await vi.waitFor(() => expect(kept()).toHaveLength(2), { interval: 2, timeout: 5_000 });
    const [message = '', reason = ''] = kept();
    expect(readFileSync(join(directory.rejected, message), 'utf8')).toBe('null');
    expect(reason).toBe(`${message}.reason`);
    expect(JSON.parse(readFileSync(join(directory.rejected, reason), 'utf8'))).toEqual({
      version: 1,
      message: 'm',
      error: { code: 'EUNKNOWN', message: 'no such program' },
    });
  });

  test('stays where it is while it cannot be kept elsewhere, is not told again, and goes when it can', async () => {
    const directory = new Watched({ frequency: 20 });
    renameSync(directory.rejected, `${directory.rejected}.away`);
    directory.put('m', 'null');
    await directory.garbled('m');
    directory.answer('m', rejected);
    directory.put('n', restart('web'));
    await directory.received('n');
    expect(directory.warnings).toEqual([expect.stringContaining('cannot be written')]);
    expect(existsSync(directory.at('m'))).toBe(true);

    renameSync(`${directory.rejected}.away`, directory.rejected);
    await directory.gone('m');
    expect(directory.warnings.slice(1)).toEqual([expect.stringContaining('can be written again')]);
    expect(directory.probe.events.filter(({ type }) => type === 'message.garbled')).toHaveLength(1);
  });

  test('does not hold up the next', async () => {
    const directory = new Watched();
    directory.put('a', '{"type": ');
    directory.put('b', 'null');
    directory.put('c', restart('web'));
    await directory.received('c');
    expect(directory.probe.events.some(({ type }) => type === 'message.garbled')).toBe(true);
  });

  test('is told once, also while its answer is waited for', async () => {
    const directory = new Watched({ frequency: 5 });
    directory.put('m', 'null');
    await directory.garbled('m');
    directory.put('n', restart('web'));
    await directory.received('n');
    expect(directory.probe.events.filter(({ type }) => type === 'message.garbled')).toHaveLength(1);
  });

  test('is one of somebody who may not order', async () => {
    const error = { code: 'EOWNER', message: 'not yours' };
    const directory = new Watched({ refuse: () => error });
    directory.put('m', restart('web'));
    expect(await directory.garbled('m')).toEqual({ type: 'message.garbled', id: 'm', of: {}, error });
  });
});

test('a message that is written in pieces is received whole', async () => {
  const directory = new Watched();
  for (const piece of ['', '{"type": "RES', 'TART", "name', '": "web"}']) {
    appendFileSync(directory.at('slow'), piece);
    // Seen as it is now: what is put after it has been received.
    const id = `after-${piece.length}`;
    directory.put(id, restart('other'));
    await directory.received(id);
  }
  expect(await directory.received('slow')).toEqual({ type: 'RESTART', name: 'web' });
  expect(directory.probe.events.filter(({ type }) => type === 'message.garbled')).toEqual([]);
});

describe('time is given', () => {
  test('anew to another message of the same name', async () => {
    const directory = new Watched();
    writeFileSync(directory.at('m'), '{"type":');
    await vi.waitFor(() => expect(looksAt(directory.at('m'))).toBeGreaterThan(0), { interval: 2, timeout: 5_000 });
    rmSync(directory.at('m'));
    await setTimeout(700);
    writeFileSync(directory.at('m'), '');
    await setTimeout(100);
    appendFileSync(directory.at('m'), restart('web'));
    expect(await directory.received('m')).toEqual({ type: 'RESTART', name: 'web' });
    expect(directory.probe.events.filter(({ type }) => type === 'message.garbled')).toEqual([]);
  });

  test('to a message that cannot be read yet, and then its sender is told', async () => {
    const directory = new Watched();
    const error = { code: 'EACCES', message: 'EACCES: permission denied, open' };
    const read = vi.mocked(readFileBytes);
    onTestFinished(() => void read.mockReset());
    read.mockImplementation((path, limit) =>
      path === directory.at('m') ? { kind: 'unreadable', error } : actual.readFileBytes(path, limit),
    );
    const begin = performance.now();
    directory.put('m', restart('web'));
    expect(await directory.garbled('m')).toMatchObject({ error });
    expect(performance.now() - begin).toBeGreaterThan(400);
    directory.answer('m', { kind: 'rejected', error });
    await directory.gone('m');
    expect(directory.probe.events.filter(({ type }) => type === 'message.garbled')).toHaveLength(1);
  });
});

test('a message of which it cannot be told whether it is still there is not received again', async () => {
  const directory = new Watched();
  directory.put('m', restart('web'));
  await directory.received('m');
  const read = vi.mocked(readFileBytes);
  onTestFinished(() => void read.mockReset());
  read.mockImplementation(() => ({ kind: 'unreadable', error: { code: 'EMFILE', message: 'EMFILE' } }));
  // Another mode, so that its times do not tell.
  chmodSync(directory.at('m'), 0o640);
  directory.answer('m');
  await directory.gone('m');
  read.mockReset();
  directory.put('n', restart('web'));
  await directory.received('n');
  expect(directory.ids).toEqual(['m', 'n']);
});

test('what is no regular file, or has a name that is not read, is left alone', async () => {
  const directory = new Watched({ frequency: 5 });
  execFileSync('mkfifo', [directory.at('fifo')]);
  mkdirSync(directory.at('directory'));
  symlinkSync('nowhere', directory.at('dangling'));
  for (const name of ['a.new', '.hidden', 'b~', '#c']) writeFileSync(directory.at(name), restart('web'));
  const before = readdirSync(directory.path);
  directory.put('z', restart('web'));
  await directory.received('z');
  directory.answer('z');
  await directory.gone('z');
  expect(directory.ids).toEqual(['z']);
  expect(readdirSync(directory.path)).toEqual(before);
});

test('no message of a thousand is lost, and none comes twice', async () => {
  const directory = new Watched();
  const ids = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(4, '0'));
  for (const [index, id] of ids.entries()) {
    directory.put(id, restart('web'));
    // Some are seen alone, some together.
    if (index % 250 === 0) await directory.received(id);
  }
  for (const id of ids) await directory.received(id);
  for (const id of ids) directory.answer(id);
  await vi.waitFor(() => expect(readdirSync(directory.path)).toEqual([]), { interval: 5, timeout: 5_000 });
  expect(directory.ids).toEqual(ids);
});

test('a directory that was lost is found again, with what came meanwhile', async () => {
  const directory = new Watched();
  rmSync(directory.path, { recursive: true });
  await directory.probe.next('directory.lost');
  mkdirSync(directory.path);
  directory.put('m', restart('web'));
  await directory.probe.next('directory.found');
  await directory.received('m');
  directory.put('n', restart('web'));
  await directory.received('n');
  expect(directory.ids).toEqual(['m', 'n']);
});
