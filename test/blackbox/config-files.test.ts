import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { fixture } from '../fixtures/programs.js';
import { test } from './colony.js';

const stays = { args: ['sleep', '1000'] };

describe('what a file says is what runs', () => {
  test('a file that ctllib.add of NColony writes is obeyed key by key', async ({ colony }) => {
    // As Python's json.dumps puts it; the last two keys came by --extras.
    const text =
      '{"args": ["sleep", "1000"], "env": {"GREETING": "hello w\\u00f6rld", "EMPTY": ""}, ' +
      '"env_inherit": ["NCOLONY_TEST_SET", "NCOLONY_TEST_UNSET"], "group": ["web", "all"], ' +
      '"ncolony.beatcheck": {"status": "/run/beat", "period": 10, "grace": 20}, "deploy": [1, null, {"a": 1.50}]}';
    const monitor = await colony.launch([], { ...process.env, NCOLONY_TEST_SET: 'from the monitor' }).begun();
    colony.write('web-1', text);
    const { pid, run } = await monitor.fact('program.started', { name: 'web-1' });

    const [seen] = colony.processes();
    expect(seen).toMatchObject({ pid, command: ['sleep', '1000'] });
    expect(seen!.environment).toEqual({
      GREETING: 'hello wörld',
      EMPTY: '',
      NCOLONY_TEST_SET: 'from the monitor',
      NCOLONY_TEST_UNSET: '',
      NCOLONY_NAME: 'web-1',
      NCOLONY_CONFIG: text,
      NCOLONY_RUN: run,
      NCOLONY_COLONY: expect.stringMatching(/^\d+:\d+$/),
    });
    expect(await colony.statusLike('web-1', { pid })).toMatchObject({ group: ['web', 'all'] });
  });

  test('the environment holds nothing of the monitor’s, and NCOLONY_CONFIG is the file byte for byte', async ({
    colony,
  }) => {
    const monitor = await colony.launch([], { ...process.env, SECRET_OF_THE_MONITOR: 'x' }).begun();
    const text = '\n{ "args" :\t["sleep","1000"],\r\n "note": "æøå 💡 \\u00e9", "big": 12345678901234567890 }\n\n';
    colony.write('bare', text);
    await monitor.fact('program.started', { name: 'bare' });

    const [{ environment } = { environment: {} }] = colony.processes();
    expect(Object.keys(environment).sort()).toEqual([
      'NCOLONY_COLONY',
      'NCOLONY_CONFIG',
      'NCOLONY_NAME',
      'NCOLONY_RUN',
    ]);
    expect(environment).toMatchObject({ NCOLONY_CONFIG: text, NCOLONY_NAME: 'bare' });
  });

  test('the executable is looked up in the PATH of the program itself, and no shell reads the arguments', async ({
    colony,
  }) => {
    const tools = join(colony.root, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'greet'), '#!/bin/sh\necho "greeted $*"\nexec sleep 1000\n', { mode: 0o755 });
    const monitor = await colony.monitor();
    colony.write('own-path', { args: ['greet', '$HOME;', '*', '`id`'], env: { PATH: tools } });
    colony.write('no-path', { args: ['greet'] });

    await monitor.said('own-path', 'greeted $HOME; * `id`');
    expect(await monitor.fact('program.failed', { name: 'no-path' })).toMatchObject({ error: { code: 'ENOENT' } });
  });

  test.runIf(process.getuid?.() === 0)('uid and gid are obeyed, with no group more than theirs', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('both', { ...stays, uid: 4242, gid: 4243 });
    colony.write('known-user', { ...stays, uid: 65534 });
    for (const [name, uid, gid] of [
      ['both', 4242, 4243],
      ['known-user', 65534, 65534],
    ] as const) {
      const { pid } = await monitor.fact('program.running', { name });
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(status).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}`);
      expect(status).toContain(`Gid:\t${gid}\t${gid}\t${gid}\t${gid}`);
      expect(/^Groups:\t(.*?) *$/m.exec(status)?.[1]).toBe(name === 'both' ? '' : '65534');
    }
  });
});

describe('a change is a change of content', () => {
  test('a change restarts that program only', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('one', stays);
    colony.write('other', stays);
    const before = await monitor.fact('program.started', { name: 'one' });
    const other = await monitor.fact('program.started', { name: 'other' });

    const since = monitor.now;
    colony.write('one', { ...stays, env: { NEW: 'value' } });
    const after = await monitor.fact('program.started', { name: 'one' }, since);

    expect(after.pid).not.toBe(before.pid);
    expect(monitor.facts('config.changed')).toMatchObject([{ name: 'one', keys: ['env'] }]);
    expect(colony.processes('one')).toMatchObject([{ pid: after.pid, environment: { NEW: 'value' } }]);
    expect(colony.processes('other')).toMatchObject([{ pid: other.pid }]);
    expect(monitor.facts('program.killing')).toHaveLength(1);
  });

  test.for([
    ['the same bytes', '{"args": ["sleep", "1000"], "env": {"A": "1", "B": "2"}, "x": [1, 2]}'],
    ['other white space', '\n{"args":["sleep","1000"],"env":{"A":"1","B":"2"},\t"x":[1,2]  }\n'],
    ['another order of keys', '{"x": [1, 2], "env": {"B": "2", "A": "1"}, "args": ["sleep", "1000"]}'],
    [
      'other escapes and forms of numbers',
      '{"args": ["sl\\u0065ep", "1000"], "env": {"A": "1", "B": "2"}, "x": [1.0, 2e0]}',
    ],
  ])('a rewrite with %s restarts nothing', async ([, text], { colony }) => {
    const monitor = await colony.monitor();
    colony.write('same', '{"args": ["sleep", "1000"], "env": {"A": "1", "B": "2"}, "x": [1, 2]}');
    const { pid } = await monitor.fact('program.started', { name: 'same' });
    colony.write('same', text);
    await colony.settled(monitor);

    expect(colony.processes('same')).toMatchObject([{ pid }]);
    expect(monitor.facts('config.changed')).toEqual([]);
  });

  test('a file changed while the old process is being killed: the newest starts when the old is gone', async ({
    colony,
  }) => {
    const monitor = await colony.monitor();
    colony.write('slow', { args: [fixture('slow-to-end'), '0.3'] });
    const old = await monitor.fact('program.started', { name: 'slow' });
    await monitor.said('slow', 'ready');

    const since = monitor.now;
    colony.write('slow', { args: ['sleep', '1001'] });
    await monitor.fact('program.killing', { name: 'slow' });
    colony.write('slow', { args: ['sleep', '1002'] });
    await monitor.fact('config.changed', { name: 'slow' }, monitor.now);
    expect(colony.processes('slow').map(({ pid }) => pid)).toContain(old.pid);

    const { pid } = await monitor.fact('program.started', { name: 'slow' }, since);
    expect(colony.processes('slow')).toMatchObject([{ pid, command: ['sleep', '1002'] }]);
    const order = monitor.records.slice(since).map(({ type }) => type);
    expect(order.indexOf('program.died')).toBeLessThan(order.indexOf('program.started'));
    expect(monitor.facts('program.started', {}, since)).toHaveLength(1);
  });

  test('a removed file stops its program, and one that comes back starts it', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('guest', stays);
    await monitor.fact('program.started', { name: 'guest' });
    colony.remove('guest');
    await monitor.fact('program.stopped', { name: 'guest' });
    expect(colony.processes()).toEqual([]);

    const since = monitor.now;
    colony.write('guest', stays);
    const { pid } = await monitor.fact('program.started', { name: 'guest' }, since);
    expect(colony.processes()).toMatchObject([{ pid }]);
  });
});

describe('a bad file harms nothing but itself', () => {
  const bad: [string, string, string][] = [
    ['broken JSON', '{"args": ["cat"', 'ESYNTAX'],
    ['no JSON at all', 'cat\n', 'ESYNTAX'],
    ['an empty file', '', 'EEMPTY'],
    ['an array', '["cat"]', 'ESCHEMA'],
    ['null', 'null', 'ESCHEMA'],
    ['args of a wrong type', '{"args": "cat"}', 'ESCHEMA'],
    ['empty args', '{"args": []}', 'ESCHEMA'],
    ['no args', '{"env": {}}', 'ESCHEMA'],
    ['env of a wrong type', '{"args": ["cat"], "env": {"A": 1}}', 'ESCHEMA'],
    ['bytes that are not UTF-8', '{"args": ["\xff"]}', 'EENCODING'],
    ['more than 64 KiB', `{"args": ["cat"], "x": "${'x'.repeat(65_536)}"}`, 'ESIZE'],
  ];

  test('broken, empty, oversized and wrongly typed files are rejected by name and reason', async ({ colony }) => {
    const monitor = await colony.monitor();
    for (const [index, [, text]] of bad.entries()) {
      writeFileSync(join(colony.config, `bad-${index}`), Buffer.from(text, 'latin1'));
    }
    colony.write('good', stays);
    const { pid } = await monitor.fact('program.running', { name: 'good' });

    for (const [index, [what, , code]] of bad.entries()) {
      const { error } = await monitor.fact('config.rejected', { name: `bad-${index}` });
      expect({ what, code: error.code }).toEqual({ what, code });
    }
    expect(await colony.statusLike('bad-0', { state: null })).toMatchObject({ error: { code: 'ESYNTAX' } });
    expect(colony.processes()).toMatchObject([{ pid }]);
  });

  test('what is no regular file, and names that are never read, do nothing', async ({ colony }) => {
    const monitor = await colony.monitor();
    const at = (name: string) => join(colony.config, name);
    execFileSync('mkfifo', [at('fifo')]);
    mkdirSync(at('directory'));
    symlinkSync(at('nowhere'), at('dangling'));
    symlinkSync(at('loop-b'), at('loop-a'));
    symlinkSync(at('loop-a'), at('loop-b'));
    for (const name of ['half.new', 'half.tmp', '.half.swp', 'half~', '.hidden', '#lock#']) {
      writeFileSync(at(name), JSON.stringify(stays));
    }
    writeFileSync(at('n'.repeat(201)), JSON.stringify(stays));
    colony.write('good', stays);
    const { pid } = await monitor.fact('program.started', { name: 'good' });
    await colony.settled(monitor);

    expect(colony.processes()).toMatchObject([{ pid }]);
    expect(monitor.facts('config.rejected')).toEqual([]);
  });

  test('names of 200 bytes, with spaces, quotes and any script, are names like others', async ({ colony }) => {
    const monitor = await colony.monitor();
    const names = ['n'.repeat(200), 'two words', `"it's"`, 'ナメクジ 🐌', '-rf', 'a.json', '$(id)', 'back\\slash'];
    for (const name of names) colony.write(name, stays);
    for (const name of names) {
      const { pid } = await monitor.fact('program.started', { name });
      expect(colony.processes(name)).toMatchObject([{ pid }]);
      await colony.pidFileOf(name, pid);
      await colony.statusLike(name, { pid });
    }
  });

  test('a good program whose new file is bad keeps running, until the file is good again', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('steady', stays);
    const { pid } = await monitor.fact('program.running', { name: 'steady' });
    colony.write('steady', { args: 'sleep' });
    expect(await monitor.fact('config.rejected', { name: 'steady' })).toMatchObject({ running: true });

    expect(colony.processes('steady')).toMatchObject([{ pid }]);
    expect(await colony.statusLike('steady', { state: 'running' })).toMatchObject({ pid, error: { code: 'ESCHEMA' } });

    colony.write('steady', stays);
    await monitor.fact('config.healed', { name: 'steady' });
    expect(colony.processes('steady')).toMatchObject([{ pid }]);
    await colony.statusLike('steady', { error: null });
  });

  test('a file written in pieces starts its program once, with its whole content', async ({ colony }) => {
    const monitor = await colony.monitor();
    const path = join(colony.config, 'pieces');
    const pieces = ['', '{"args": [', '"sleep", ', '"1000"], ', '"env": {"LAST": "piece"}', '}'];
    for (const piece of pieces) {
      appendFileSync(path, piece);
      // The monitor has to see each piece alone.
      await colony.settled(monitor);
    }
    await monitor.fact('program.running', { name: 'pieces' });

    expect(colony.processes('pieces')).toMatchObject([{ environment: { LAST: 'piece' } }]);
    expect(monitor.facts('program.started')).toHaveLength(1);
    expect(monitor.facts('config.rejected')).toEqual([]);
  });
});
