import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigScan, ConfigSynced, DirectoryNews } from '../../../machines/index.js';
import { createConfigDirectoryActor, type ConfigDirectoryHost } from '../../../src/actors/config-directory.js';
import type { ProgramFile } from '../../../src/protocol/program-file.js';
import { scratch } from '../scratch.js';
import { Probe } from './probe.js';

/** What a scan found, without what it did not find. */
type News = Partial<{
  added: string[];
  changed: { name: string; keys: readonly string[] }[];
  removed: readonly string[];
  rejected: { name: string; code: string }[];
  healed: readonly string[];
  warned: string[];
}>;

class Watched {
  readonly path: string;
  readonly files = new Map<string, ProgramFile>();
  readonly probe: Probe<ConfigScan, ConfigSynced | DirectoryNews>;
  #ticket = 0;

  constructor(options: Partial<ConfigDirectoryHost> = {}) {
    this.path = options.path ?? scratch();
    // So seldom that only hints and requests bring a scan about.
    const host = {
      path: this.path,
      frequency: 600_000,
      files: this.files,
      take: () => undefined,
      refuse: () => undefined,
      ...options,
    };
    this.probe = new Probe(createConfigDirectoryActor(host));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  put(name: string, text: string): void {
    writeFileSync(this.at(`${name}.new`), text);
    renameSync(this.at(`${name}.new`), this.at(name));
  }

  /** Does something, and resolves to what a scan that began after it has found by then. */
  async after(deed: () => void, names: ConfigScan['names'] = 'all'): Promise<News> {
    const since = this.probe.now;
    deed();
    const ticket = ++this.#ticket;
    this.probe.tell({ type: 'config.scan', ticket, names });
    await this.probe.next('config.synced', (event) => event.ticket >= ticket, since);
    return newsOf(this.probe.events.slice(since).filter((event) => event.type === 'config.synced'));
  }

  /** What the next scans find, without being asked, until they have found something of this kind. */
  async unasked(kind: keyof Omit<ConfigSynced, 'type' | 'ticket'>, since: number): Promise<News> {
    await this.probe.next('config.synced', (event) => event[kind].length > 0, since);
    return newsOf(this.probe.events.slice(since).filter((event) => event.type === 'config.synced'));
  }
}

function newsOf(synced: readonly ConfigSynced[]): News {
  const all: Required<News> = {
    added: synced.flatMap(({ added }) => added.map(({ name }) => name)),
    changed: synced.flatMap(({ changed }) => changed.map(({ spec, keys }) => ({ name: spec.name, keys }))),
    removed: synced.flatMap(({ removed }) => removed),
    rejected: synced.flatMap(({ rejected }) => rejected.map(({ name, error }) => ({ name, code: error.code }))),
    healed: synced.flatMap(({ healed }) => healed),
    warned: synced.flatMap(({ warnings }) => warnings.map(({ name }) => name)),
  };
  return Object.fromEntries(Object.entries(all).filter(([, found]) => found.length > 0));
}

const cat = '{"args": ["cat"]}';
const nothing = () => undefined;

describe('what is there', () => {
  test('is found in one scan when the actor starts', async () => {
    const path = scratch();
    for (const name of ['b', 'a', 'c']) writeFileSync(join(path, name), cat);
    const directory = new Watched({ path });
    const { added } = await directory.probe.next('config.synced');
    expect(added.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect([...directory.files.keys()]).toEqual(['a', 'b', 'c']);
  });

  test('is what was asked for, in one scan for all that was asked for at once', async () => {
    const directory = new Watched();
    directory.put('a', cat);
    directory.put('b', cat);
    directory.probe.tell({ type: 'config.scan', ticket: 1, names: ['a'] });
    directory.probe.tell({ type: 'config.scan', ticket: 2, names: ['b'] });
    const { added } = await directory.probe.next('config.synced', ({ ticket }) => ticket === 2);
    expect(added.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('is not what has no name of its own in the directory, whoever asks for it', async () => {
    const path = join(scratch(), 'conf');
    mkdirSync(join(path, 'sub'), { recursive: true });
    const directory = new Watched({ path });
    for (const name of ['web', 'web.new', '\ufffd', 'sub/web', '../stranger']) writeFileSync(directory.at(name), cat);
    const names = ['./web', 'web.new', 'sub/web', '../stranger', '', '.', 'web\0', '\ud800'];
    expect(await directory.after(nothing)).toEqual({ added: ['web', '\ufffd'] });
    expect(await directory.after(nothing, names)).toEqual({});
    expect(await directory.after(nothing)).toEqual({});
    expect([...directory.files.keys()]).toEqual(['web', '\ufffd']);
  });

  test('is told by a hint, without being asked', async () => {
    const directory = new Watched();
    await directory.after(nothing);
    const since = directory.probe.now;
    directory.put('new', cat);
    expect(await directory.unasked('added', since)).toEqual({ added: ['new'] });
    rmSync(directory.at('new'));
    expect(await directory.unasked('removed', since)).toMatchObject({ removed: ['new'] });
  });
});

describe('a round that takes long', () => {
  /** Each file takes longer than a slice; `meanwhile` happens while this one is looked at. */
  const slowly = (path: string, at: string, meanwhile: (directory: Watched) => void) => {
    const directory = new Watched({
      path,
      refuse: ({ spec }) => {
        const end = performance.now() + 10;
        if (spec.name === at) meanwhile(directory);
        while (performance.now() < end);
        return undefined;
      },
    });
    return directory;
  };
  const filled = () => {
    const path = scratch();
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(path, name), cat);
    return path;
  };

  test('lets through who is named meanwhile, and answers when all has been looked at', async () => {
    const directory = slowly(filled(), 'b', (directory) => {
      directory.put('late', cat);
      directory.probe.tell({ type: 'config.scan', ticket: 8, names: ['late'] });
    });
    directory.probe.tell({ type: 'config.scan', ticket: 7, names: 'all' });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 8);
    const synced = directory.probe.events.filter((event) => event.type === 'config.synced');
    expect(synced.flatMap(({ added }) => added.map(({ name }) => name))).toEqual(['a', 'b', 'late', 'c', 'd']);
    expect(synced.find(({ ticket }) => ticket > 0)?.added.at(-1)?.name).toBe('d');
  });

  test('answers who is named meanwhile at once where nobody waits for all', async () => {
    const directory = slowly(filled(), 'b', (directory) => {
      directory.put('late', cat);
      directory.probe.tell({ type: 'config.scan', ticket: 1, names: ['late', 'c'] });
    });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 1);
    const synced = directory.probe.events.filter((event) => event.type === 'config.synced');
    expect(synced.map(({ added, ticket }) => [ticket, added.map(({ name }) => name)])).toEqual([
      [0, ['a', 'b']],
      [1, ['late', 'c']],
    ]);
    await directory.probe.next('config.synced', ({ added }) => added.some(({ name }) => name === 'd'));
  });

  test('answers nobody where the directory was away meanwhile, but the one after it does', async () => {
    const [path, next] = [join(scratch(), 'conf'), filled()];
    cpSync(filled(), path, { recursive: true });
    writeFileSync(join(next, 'late'), cat);
    let isToGo = false;
    const directory = slowly(path, 'a', () => {
      if (!isToGo) return;
      isToGo = false;
      renameSync(path, `${path}.away`);
      // Away while the others are looked at, and there again in the turn after that.
      setImmediate(() => setImmediate(() => renameSync(next, path)));
    });
    directory.probe.tell({ type: 'config.scan', ticket: 1, names: 'all' });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 1);
    isToGo = true;
    directory.probe.tell({ type: 'config.scan', ticket: 2, names: ['a', 'late'] });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 2);
    expect([...directory.files.keys()]).toContain('late');
  });

  test('begins with those that were asked for by name', async () => {
    const directory = slowly(filled(), '', nothing);
    directory.probe.tell({ type: 'config.scan', ticket: 1, names: ['d'] });
    directory.probe.tell({ type: 'config.scan', ticket: 2, names: ['c', 'nobody'] });
    directory.probe.tell({ type: 'config.scan', ticket: 3, names: 'all' });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 3);
    const synced = directory.probe.events.filter((event) => event.type === 'config.synced');
    expect(synced[0]).toMatchObject({ ticket: 2, added: [{ name: 'd' }, { name: 'c' }] });
    expect(synced.flatMap(({ added }) => added.map(({ name }) => name))).toEqual(['d', 'c', 'a', 'b']);
  });

  test('lets through what came before there was a watch', async () => {
    const path = scratch();
    const names = Array.from({ length: 100 }, (_, index) => `p${1_000 + index}`);
    for (const name of names) writeFileSync(join(path, name), cat);
    const directory = slowly(path, names[0]!, (directory) => directory.put('late', cat));
    await directory.probe.next('config.synced', ({ added }) => added.some(({ name }) => name === names.at(-1)));
    const synced = directory.probe.events.filter((event) => event.type === 'config.synced');
    const order = synced.flatMap(({ added }) => added.map(({ name }) => name));
    expect(order.indexOf('late')).toBeGreaterThan(0);
    expect(order.at(-1)).toBe(names.at(-1));
  });

  test('tells of a crowd in portions, a turn of the event loop apart, and answers with the last', async () => {
    const path = scratch();
    const names = Array.from({ length: 200 }, (_, index) => `p${1_000 + index}`);
    for (const name of names) writeFileSync(join(path, name), cat);
    let turn = 0;
    let ticking = setImmediate(function tick() {
      turn++;
      ticking = setImmediate(tick);
    });
    const perTurn = new Map<number, number>();
    const refuse = () => void perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    const directory = new Watched({ path, refuse });
    directory.probe.tell({ type: 'config.scan', ticket: 7, names: 'all' });
    await directory.probe.next('config.synced', ({ ticket }) => ticket === 7);
    clearImmediate(ticking);
    const synced = directory.probe.events.filter((event) => event.type === 'config.synced');
    expect(synced.map(({ added }) => added.length)).toEqual([32, 32, 32, 32, 32, 32, 8]);
    expect(synced.map(({ ticket }) => ticket)).toEqual([0, 0, 0, 0, 0, 0, 7]);
    expect(synced.flatMap(({ added }) => added.map(({ name }) => name))).toEqual(names);
    expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(32);
  });

  test('tells in this order what went away and came back meanwhile', async () => {
    const directory = slowly(filled(), 'e', (directory) => {
      directory.put('b', '{"args": ["cat", "-u"]}');
      directory.probe.tell({ type: 'config.scan', ticket: 7, names: ['b'] });
    });
    await directory.probe.next('config.synced');
    const since = directory.probe.now;
    unlinkSync(directory.at('b'));
    for (const name of ['e', 'f']) writeFileSync(directory.at(name), cat);
    directory.probe.tell({ type: 'config.scan', ticket: 6, names: 'all' });
    await directory.probe.next('config.synced', ({ ticket }) => ticket > 0, since);
    const synced = directory.probe.events.slice(since).filter((event) => event.type === 'config.synced');
    const removedIn = synced.findIndex(({ removed }) => removed.includes('b'));
    const addedIn = synced.findIndex(({ added }) => added.some(({ name }) => name === 'b'));
    expect([removedIn, addedIn > removedIn]).toEqual([0, true]);
  });
});

describe('a change', () => {
  test('is one of content, told with the keys that differ', async () => {
    const directory = new Watched();
    expect(await directory.after(() => directory.put('a', cat))).toEqual({ added: ['a'] });
    const more = '{"args": ["cat", "-u"], "group": ["x"]}';
    expect(await directory.after(() => directory.put('a', more))).toEqual({
      changed: [{ name: 'a', keys: ['args', 'group'] }],
    });
    expect(directory.files.get('a')?.text).toBe(more);
  });

  test('is not one of white space, key order, times or inode', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', '{"args": ["cat"], "env": {"A": "1", "B": "2"}}'));
    const same = ' {"env":{"B":"2","A":"1"},\n"args":["cat"]}';
    expect(await directory.after(() => directory.put('a', same))).toEqual({});
    expect(await directory.after(() => utimesSync(directory.at('a'), 1, 1))).toEqual({});
    expect(await directory.after(() => chmodSync(directory.at('a'), 0o600))).toEqual({});
    // The environment is made from the newest text.
    expect(directory.files.get('a')?.text).toBe(same);
  });

  test('in place is seen, also when size and times stay as they were', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', '{"args": ["cat", "1"]}'));
    const rewrite = () => {
      writeFileSync(directory.at('a'), '{"args": ["cat", "2"]}');
      utimesSync(directory.at('a'), 1, 1);
    };
    expect(await directory.after(rewrite)).toEqual({ changed: [{ name: 'a', keys: ['args'] }] });
  });

  test('of what is wanted is told as such', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', cat));
    const down = '{"args": ["cat"], "ncolony.wanted": "down"}';
    expect(await directory.after(() => directory.put('a', down))).toEqual({
      changed: [{ name: 'a', keys: ['ncolony.wanted'] }],
    });
  });

  test('of a link’s target is one, also when a directory on the way is swapped', async () => {
    const directory = new Watched();
    const store = scratch();
    for (const version of ['1', '2', '3']) {
      mkdirSync(join(store, version));
      writeFileSync(join(store, version, 'a'), `{"args": ["cat", "${version}"]}`);
    }
    symlinkSync(join(store, '1'), directory.at('..data'));
    symlinkSync('..data/a', directory.at('a'));
    expect(await directory.after(nothing)).toEqual({ added: ['a'] });

    // Twice: the first may be seen by the look that is taken when the watch stands.
    for (const version of ['2', '3']) {
      const since = directory.probe.now;
      symlinkSync(join(store, version), directory.at('..data_tmp'));
      renameSync(directory.at('..data_tmp'), directory.at('..data'));
      expect(await directory.unasked('changed', since)).toEqual({ changed: [{ name: 'a', keys: ['args'] }] });
    }
  });

  test('to another name is an end and a beginning', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', cat));
    expect(await directory.after(() => renameSync(directory.at('a'), directory.at('b')))).toEqual({
      added: ['b'],
      removed: ['a'],
    });
    expect([...directory.files.keys()]).toEqual(['b']);
  });

  test('brings the warnings of its new text, once', async () => {
    const directory = new Watched();
    const odd = '{"args": ["cat"], "ncolony.wantd": "down"}';
    expect(await directory.after(() => directory.put('a', odd))).toEqual({ added: ['a'], warned: ['a'] });
    expect(await directory.after(() => directory.put('a', odd))).toEqual({});
  });
});

describe('a bad file', () => {
  test('is rejected once, and healed when it is good', async () => {
    const directory = new Watched();
    expect(await directory.after(() => directory.put('a', '[]'))).toEqual({
      rejected: [{ name: 'a', code: 'ESCHEMA' }],
    });
    expect(await directory.after(nothing)).toEqual({});
    expect(await directory.after(() => directory.put('a', cat))).toEqual({ added: ['a'], healed: ['a'] });
  });

  test('is rejected again when it is bad in another way', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', '[]'));
    expect(await directory.after(() => directory.put('a', '{}'))).toMatchObject({ rejected: [{ name: 'a' }] });
  });

  test('is healed when it goes', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', '[]'));
    expect(await directory.after(() => rmSync(directory.at('a')))).toEqual({ healed: ['a'] });
  });

  test('leaves its last good version in force', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', cat));
    expect(await directory.after(() => directory.put('a', '{"args": 1}'))).toEqual({
      rejected: [{ name: 'a', code: 'ESCHEMA' }],
    });
    expect(directory.files.get('a')?.text).toBe(cat);
    expect(await directory.after(() => directory.put('a', cat))).toEqual({ healed: ['a'] });
    await directory.after(() => directory.put('a', '{"args": 1}'));
    expect(await directory.after(() => rmSync(directory.at('a')))).toEqual({ removed: ['a'], healed: ['a'] });
  });

  test('is one that the host refuses, until it does not', async () => {
    const refused = { code: 'EPRIVILEGE', message: 'no' };
    const refuse: ConfigDirectoryHost['refuse'] = ({ text }) => (text.includes('root') ? refused : undefined);
    const directory = new Watched({ refuse });
    expect(await directory.after(() => directory.put('a', '{"args": ["root"]}'))).toEqual({
      rejected: [{ name: 'a', code: 'EPRIVILEGE' }],
    });
    expect(await directory.after(() => directory.put('a', cat))).toEqual({ added: ['a'], healed: ['a'] });
  });
});

describe('a file that is being written', () => {
  test('is read when it is whole, whatever is seen of it before', async () => {
    const directory = new Watched();
    for (const piece of ['', '{"args": ', '["cat", ', '"-u"]']) {
      expect(await directory.after(() => appendFileSync(directory.at('a'), piece))).toEqual({});
    }
    const since = directory.probe.now;
    appendFileSync(directory.at('a'), '}');
    expect(await directory.unasked('added', since)).toEqual({ added: ['a'] });
    expect(directory.files.get('a')?.spec.args).toEqual(['cat', '-u']);
  });

  test('is read when it is whole also where no event tells of it', async () => {
    const directory = new Watched();
    const store = scratch();
    writeFileSync(join(store, 'a'), '');
    symlinkSync(join(store, 'a'), directory.at('a'));
    const since = directory.probe.now;
    expect(await directory.after(nothing)).toEqual({});
    writeFileSync(join(store, 'a'), cat);
    expect(await directory.unasked('added', since)).toEqual({ added: ['a'] });
  });

  test('is rejected when nothing more comes', async () => {
    const directory = new Watched();
    const since = directory.probe.now;
    writeFileSync(directory.at('a'), '{"args": [');
    writeFileSync(directory.at('b'), '');
    // Each has its own time, and so perhaps its own scan.
    for (const late of ['a', 'b']) {
      const isRejected = ({ rejected }: ConfigSynced) => rejected.some(({ name }) => name === late);
      await directory.probe.next('config.synced', isRejected, since);
    }
    const { rejected = [] } = newsOf(directory.probe.events.filter((event) => event.type === 'config.synced'));
    expect(rejected.sort((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { name: 'a', code: 'ESYNTAX' },
      { name: 'b', code: 'EEMPTY' },
    ]);
  });

  test('does not take its last good version out of force', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', cat));
    expect(await directory.after(() => writeFileSync(directory.at('a'), ''))).toEqual({});
    const since = directory.probe.now;
    writeFileSync(directory.at('a'), '{"args": ["cat", "-u"]}');
    expect(await directory.unasked('changed', since)).toEqual({ changed: [{ name: 'a', keys: ['args'] }] });
  });
});

test('what is no regular file is no program, and a program no more', async () => {
  const directory = new Watched();
  const replacements: Record<string, (path: string) => void> = {
    fifo: (path) => execFileSync('mkfifo', [path]),
    directory: (path) => mkdirSync(path),
    dangling: (path) => symlinkSync('nowhere', path),
    loop: (path) => symlinkSync(path, path),
    device: (path) => symlinkSync('/dev/null', path),
  };
  const names = Object.keys(replacements).sort((a, b) => (a < b ? -1 : 1));
  expect(await directory.after(() => names.forEach((name) => directory.put(name, cat)))).toEqual({ added: names });
  const replace = () => {
    for (const name of names) {
      unlinkSync(directory.at(name));
      replacements[name]?.(directory.at(name));
    }
  };
  expect(await directory.after(replace)).toEqual({ removed: names });
  expect(await directory.after(nothing)).toEqual({});
});

test('a second name of the same file is a second program', async () => {
  const directory = new Watched();
  await directory.after(() => directory.put('a', cat));
  expect(await directory.after(() => linkSync(directory.at('a'), directory.at('b')))).toEqual({ added: ['b'] });
});

describe('a directory that cannot be read', () => {
  const lost = (directory: Watched, since: number) => directory.probe.next('directory.lost', () => true, since);
  const found = (directory: Watched, since: number) => directory.probe.next('directory.found', () => true, since);

  test('is not an empty one, is told of once, and is found again by itself', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('a', cat));
    const away = `${directory.path}.away`;
    const since = directory.probe.now;
    expect(await directory.after(() => renameSync(directory.path, away))).toEqual({});
    expect(await lost(directory, since)).toMatchObject({ path: directory.path, error: { code: 'ENOENT' } });
    expect(await directory.after(nothing)).toEqual({});
    expect([...directory.files.keys()]).toEqual(['a']);

    renameSync(away, directory.path);
    await found(directory, since);
    expect(directory.probe.events.slice(since).filter(({ type }) => type === 'directory.lost')).toHaveLength(1);
    expect(await directory.after(nothing)).toEqual({});
  });

  test('is watched again when it is back', async () => {
    const directory = new Watched();
    await directory.after(nothing);
    const away = `${directory.path}.away`;
    const begin = directory.probe.now;
    renameSync(directory.path, away);
    await lost(directory, begin);
    renameSync(away, directory.path);
    await found(directory, begin);
    const since = directory.probe.now;
    directory.put('a', cat);
    expect(await directory.unasked('added', since)).toEqual({ added: ['a'] });
  });

  test('is watched again when it was away so shortly that nobody saw it', async () => {
    const directory = new Watched();
    await directory.after(nothing);
    const away = `${directory.path}.away`;
    const since = directory.probe.now;
    renameSync(directory.path, away);
    renameSync(away, directory.path);
    directory.put('a', cat);
    await directory.unasked('added', since);
    const later = directory.probe.now;
    directory.put('b', cat);
    expect(await directory.unasked('added', later)).toEqual({ added: ['b'] });
  });

  test('and comes back with other files has those', async () => {
    const directory = new Watched();
    await directory.after(() => directory.put('old', cat));
    const since = directory.probe.now;
    rmSync(directory.path, { recursive: true });
    await lost(directory, since);
    mkdirSync(directory.path);
    directory.put('new', cat);
    await found(directory, since);
    expect(await directory.after(nothing)).toMatchObject({});
    expect([...directory.files.keys()]).toEqual(['new']);
  });
});

test('a directory that is replaced is followed, and the new one watched', async () => {
  const directory = new Watched();
  await directory.after(() => directory.put('old', cat));
  const next = scratch();
  writeFileSync(join(next, 'new'), cat);
  const replace = () => {
    renameSync(directory.path, `${directory.path}.old`);
    renameSync(next, directory.path);
  };
  expect(await directory.after(replace)).toEqual({ added: ['new'], removed: ['old'] });
  const since = directory.probe.now;
  directory.put('later', cat);
  expect(await directory.unasked('added', since)).toEqual({ added: ['later'] });
});

test('where no event comes the scan alone finds everything', async () => {
  const directory = new Watched({ frequency: 20 });
  const store = scratch();
  const since = directory.probe.now;
  // What a link leads to is changed without a word.
  writeFileSync(join(store, 'a'), cat);
  symlinkSync(join(store, 'a'), directory.at('a'));
  expect(await directory.unasked('added', since)).toEqual({ added: ['a'] });
  writeFileSync(join(store, 'a'), '{"args": ["cat", "-u"]}');
  expect(await directory.unasked('changed', since)).toMatchObject({ changed: [{ name: 'a', keys: ['args'] }] });
  rmSync(join(store, 'a'));
  expect(await directory.unasked('removed', since)).toMatchObject({ removed: ['a'] });
});

test('nothing is told by an actor that was stopped', async () => {
  const directory = new Watched({ frequency: 10 });
  await directory.after(nothing);
  directory.probe.stop();
  const { now } = directory.probe;
  directory.put('a', cat);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(directory.probe.now).toBe(now);
});
