import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { add } from '../../../../src/ctl/orders/add.js';
import type { Places } from '../../../../src/ctl/places.js';
import { remove } from '../../../../src/ctl/orders/remove.js';
import { restart, restartAll, restartGroup } from '../../../../src/ctl/orders/restart.js';
import { signal } from '../../../../src/ctl/orders/signal.js';
import { emptyColony } from '../../scratch.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;

function colony(): Places {
  const places = emptyColony();
  add(places, 'web', { cmd: 'cat', group: ['front', 'all'] });
  return places;
}

const messagesIn = ({ messages }: Places) =>
  readdirSync(messages)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(messages, name), 'utf8')) as object);

describe('a request', () => {
  it('becomes a message of its type', () => {
    const places = colony();
    restart(places, 'web');
    restartAll(places);
    restartGroup(places, 'all');
    signal(places, 'web', 'hup');
    expect(messagesIn(places)).toEqual([
      { type: 'RESTART', name: 'web' },
      { type: 'RESTART-ALL' },
      { type: 'RESTART-GROUP', group: 'all' },
      { type: 'SIGNAL', name: 'web', signal: 'SIGHUP' },
    ]);
  });

  it('has an id of its own that sorts by time, also many at once', () => {
    const places = colony();
    const ids = Array.from({ length: 50 }, () => restartAll(places));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
    expect(readdirSync(places.messages).sort()).toEqual(ids);
    expect(ids[0]).toMatch(/^\d{16}-[\w-]{10}$/);
  });

  it('can be read by the owner alone', () => {
    const places = colony();
    expect(statSync(join(places.messages, restartAll(places))).mode & 0o777).toBe(0o600);
  });

  it('is about a program that there is, good or bad', () => {
    const places = colony();
    writeFileSync(join(places.config, 'bad'), '{');
    symlinkSync('web', join(places.config, 'link'));
    for (const name of ['bad', 'link']) restart(places, name);
    expect(messagesIn(places)).toHaveLength(2);
  });

  it.each([
    ['nobody', 'EUNKNOWN'],
    ['dangling', 'EUNKNOWN'],
    ['directory', 'EUNKNOWN'],
    ['', 'ENAME'],
    ['.', 'ENAME'],
    ['../conf/web', 'ENAME'],
    ['web.new', 'ENAME'],
    ['we\0b', 'ENAME'],
  ])('about %j is refused with %s, and nothing is written', (name, code) => {
    const places = colony();
    symlinkSync('nowhere', join(places.config, 'dangling'));
    mkdirSync(join(places.config, 'directory'));
    writeFileSync(join(places.config, 'web.new'), '{"args":["cat"]}');
    expect(() => restart(places, name)).toThrow(refusal(code));
    expect(() => signal(places, name, 'HUP')).toThrow(refusal(code));
    expect(() => remove(places, name)).toThrow(refusal(code));
    expect(messagesIn(places)).toEqual([]);
  });

  it('about a group needs a program of it', () => {
    const places = colony();
    for (const group of ['nobody', '', 'web']) expect(() => restartGroup(places, group)).toThrow(refusal('EUNKNOWN'));
    expect(messagesIn(places)).toEqual([]);
  });

  it('about a group is left to the monitor where a file is bad: its last good version may be of it', () => {
    const places = colony();
    writeFileSync(join(places.config, 'web'), '{');
    restartGroup(places, 'front');
    expect(messagesIn(places)).toEqual([{ type: 'RESTART-GROUP', group: 'front' }]);
  });

  it('for a signal needs one that there is', () => {
    expect(() => signal(colony(), 'web', 'NONSENSE')).toThrow(refusal('EUSAGE'));
  });

  it('says which directory it cannot read or write', () => {
    const places = colony();
    const none = join(places.messages, 'none');
    expect(() => restart({ ...places, config: none }, 'web')).toThrow(`${none}: cannot be read (ENOENT`);
    expect(() => restart({ ...places, messages: none }, 'web')).toThrow(`${none}: cannot be written (ENOENT`);
    expect(() => restartAll({ messages: none })).toThrow(refusal('EDIRECTORY'));
  });
});

describe('remove', () => {
  it('takes the file away', () => {
    const places = colony();
    remove(places, 'web');
    expect(readdirSync(places.config)).toEqual([]);
    expect(() => remove(places, 'web')).toThrow(refusal('EUNKNOWN'));
  });

  it('takes away a link and not what it points to', () => {
    const places = colony();
    symlinkSync('web', join(places.config, 'link'));
    remove(places, 'link');
    expect(readdirSync(places.config)).toEqual(['web']);
  });

  it('works on names that could not be added', () => {
    const places = colony();
    writeFileSync(join(places.config, 'a\nb'), '{}');
    remove(places, 'a\nb');
    expect(readdirSync(places.config)).toEqual(['web']);
  });
});

it.runIf(process.geteuid?.() === 0)('what root leaves in a colony belongs to the colony’s owner', async () => {
  const { chownSync } = await import('node:fs');
  const places = colony();
  for (const directory of [places.config, places.messages]) chownSync(directory, 1234, 1234);
  unlinkSync(join(places.config, 'web'));
  add(places, 'web', { cmd: 'cat' });
  const id = restart(places, 'web');
  expect(statSync(join(places.config, 'web')).uid).toBe(1234);
  expect(statSync(join(places.messages, id)).uid).toBe(1234);
});
