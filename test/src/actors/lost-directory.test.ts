import { EventEmitter } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createActor, createMachine, sendTo, type AnyEventObject } from 'xstate';
import type { ConfigScan, ConfigSynced } from '../../../machines/index.js';
import { createConfigDirectoryActor } from '../../../src/actors/config-directory.js';
import type { ProgramFile } from '../../../src/protocol/program-file.js';
import { scratch } from '../scratch.js';

// A file system that never tells of a change.
vi.mock('chokidar', () => ({
  FSWatcher: class extends EventEmitter {
    add = () => this;
    close = () => Promise.resolve();
  },
}));

interface Setting {
  readonly path: string;
  readonly files: Map<string, ProgramFile>;
  readonly events: AnyEventObject[];
  readonly write: (name: string, seconds: number) => void;
  readonly scan: (names: ConfigScan['names']) => Promise<ConfigSynced>;
}

async function setting(frequency: number): Promise<Setting> {
  const path = join(scratch(), 'conf');
  mkdirSync(path);
  const files = new Map<string, ProgramFile>();
  const events: AnyEventObject[] = [];
  const logic = createConfigDirectoryActor({ path, frequency, files, take: () => undefined, refuse: () => undefined });
  const scanned = sendTo('config', ({ event }: { event: AnyEventObject }) => event);
  const host = createMachine({ invoke: { id: 'config', src: logic }, on: { 'config.scan': { actions: scanned } } });
  const actor = createActor(host, {
    inspect: ({ type, ...rest }) => {
      if (type === '@xstate.event' && 'event' in rest && rest.event.type !== 'config.scan') events.push(rest.event);
    },
  });
  actor.start();
  onTestFinished(() => void actor.stop());
  let ticket = 0;
  const scan = async (names: ConfigScan['names']) => {
    ticket++;
    actor.send({ type: 'config.scan', ticket, names });
    const answer = () => events.find((event) => event['ticket'] === ticket) as ConfigSynced | undefined;
    await vi.waitFor(() => expect(answer()).toBeDefined(), { interval: 1 });
    return answer()!;
  };
  await scan('all');
  return {
    path,
    files,
    events,
    scan,
    write: (name, seconds) => writeFileSync(join(path, name), JSON.stringify({ args: ['sleep', String(seconds)] })),
  };
}

describe('on a file system without events', () => {
  it('the scan alone finds what was added, changed and removed', async () => {
    const { path, files, write } = await setting(20);
    const found = () => [...files.values()].map(({ spec }) => `${spec.name} ${spec.args[1]}`).sort();
    const finds = (...wanted: string[]) => vi.waitFor(() => expect(found()).toEqual(wanted), { interval: 1 });
    write('one', 1);
    write('other', 1);
    await finds('one 1', 'other 1');
    write('one', 2);
    rmSync(join(path, 'other'));
    await finds('one 2');
    renameSync(path, `${path}.old`);
    mkdirSync(path);
    write('third', 3);
    await finds('third 3');
  });

  it('that is said', async () => {
    const { path, events, write } = await setting(20);
    const said = () => events.filter(({ type }) => type === 'directory.unwatched');
    write('one', 1);
    await vi.waitFor(() => expect(said()).toHaveLength(1), { timeout: 5_000 });
    expect(said()[0]).toMatchObject({ path, error: { code: 'ENOEVENTS' } });
  });
});

describe('a directory that is gone is not an empty one', () => {
  it('when a program is looked for by name', async () => {
    const { path, files, events, scan, write } = await setting(60_000);
    write('one', 1);
    write('other', 1);
    expect((await scan('all')).added).toHaveLength(2);
    renameSync(path, `${path}.away`);
    expect((await scan(['one'])).removed).toEqual([]);
    writeFileSync(path, 'a file in its place');
    expect((await scan(['other'])).removed).toEqual([]);
    expect([...files.keys()]).toEqual(['one', 'other']);
    expect(events.filter(({ type }) => type === 'directory.lost')).toHaveLength(1);

    rmSync(path);
    renameSync(`${path}.away`, path);
    rmSync(join(path, 'one'));
    expect((await scan(['one'])).removed).toEqual(['one']);
  });

  it('when it goes in the middle of a scan', async () => {
    const { path, files, scan, write } = await setting(60_000);
    const names = Array.from({ length: 3_000 }, (_, index) => `program-${index}`);
    for (const name of names) write(name, 1);
    await scan('all');
    for (const name of names) write(name, 2);
    const answer = scan('all');
    await vi.waitFor(() => expect([...files.values()].some(({ text }) => text.includes('"2"'))).toBe(true), {
      interval: 1,
    });
    expect([...files.values()].every(({ text }) => text.includes('"2"'))).toBe(false);
    renameSync(path, `${path}.away`);
    expect((await answer).removed).toEqual([]);
    expect(files.size).toBe(names.length);
  });
});
