import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { start, stop } from '../../../../src/ctl/orders/wanted.js';
import { parseProgramFile } from '../../../../src/protocol/program-file.js';
import { emptyColony } from '../../scratch.js';

const refusal = (code: string, words = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

function colony(text: string) {
  const places = emptyColony();
  const path = join(places.config, 'web');
  writeFileSync(path, text);
  return { places, path, read: () => readFileSync(path, 'utf8') };
}

function specOf(text: string) {
  const parsed = parseProgramFile('web', Buffer.from(text));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.file.spec;
}

describe('stop', () => {
  it.each([
    ['{"args":["cat"]}', '{"args":["cat"],"ncolony.wanted": "down"}'],
    ['{"args": ["cat"], "x": 1}\n', '{"args": ["cat"], "x": 1, "ncolony.wanted": "down"}\n'],
    [
      '{\n\t"args": ["cat"],\n\t"big": 12345678901234567890\n}\n',
      '{\n\t"args": ["cat"],\n\t"big": 12345678901234567890,\n\t"ncolony.wanted": "down"\n}\n',
    ],
    ['{"ncolony.wanted" : "up" , "args":["cat"]}', '{"ncolony.wanted" : "down" , "args":["cat"]}'],
    [
      '{"ncolony.wanted":"down","args":["cat"],"ncolony.wanted":"up"}',
      '{"ncolony.wanted":"down","args":["cat"],"ncolony.wanted":"down"}',
    ],
    ['{"\\u006ecolony.wanted":"up","args":["é"]}', '{"\\u006ecolony.wanted":"down","args":["é"]}'],
  ])('of %j leaves %j', (before, after) => {
    const { places, read } = colony(before);
    stop(places, 'web');
    expect(read()).toBe(after);
    expect(readdirSync(places.messages)).toEqual([]);
  });

  it('and start change what is wanted and nothing else, whatever the file says', () => {
    const { places, path, read } = colony('{}');
    const content = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    fc.assert(
      fc.property(
        content,
        fc.constantFrom(undefined, 1, '\t'),
        fc.constantFrom('up', 'down', undefined),
        (extras, indent, wanted) => {
          const text = JSON.stringify({ ...extras, 'ncolony.wanted': wanted, args: ['cat'] }, null, indent);
          fc.pre(parseProgramFile('web', Buffer.from(text)).ok);
          writeFileSync(path, text);
          stop(places, 'web');
          expect(specOf(read())).toEqual({ ...specOf(text), wanted: 'down' });
          start(places, 'web');
          expect(specOf(read())).toEqual({ ...specOf(text), wanted: 'up' });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('writes nothing where it is so already', () => {
    const { places, path } = colony('{"args":["cat"],"ncolony.wanted":"down"}');
    const before = statSync(path, { bigint: true });
    stop(places, 'web');
    expect(statSync(path, { bigint: true }).ino).toBe(before.ino);
  });

  it('keeps the mode of the file', () => {
    const { places, path } = colony('{"args":["cat"]}');
    chmodSync(path, 0o640);
    stop(places, 'web');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('edits what a link points to', () => {
    const { places, path, read } = colony('{"args":["cat"]}');
    symlinkSync(path, join(places.config, 'link'));
    stop(places, 'link');
    expect(lstatSync(join(places.config, 'link')).isSymbolicLink()).toBe(true);
    expect(specOf(read()).wanted).toBe('down');
  });

  it.each([
    ['{"args":["s3cret"', /not JSON/],
    ['{"args":"s3cret"}', /args: expected array/],
  ])('refuses a bad file, as start does: %s', (text, words) => {
    const { places, read } = colony(text);
    for (const act of [stop, start]) {
      expect(() => act(places, 'web')).toThrow(refusal('ESCHEMA', words));
      expect(() => act(places, 'web')).not.toThrow(/s3cret/);
    }
    expect(read()).toBe(text);
    expect(readdirSync(places.messages)).toEqual([]);
  });

  it('refuses what is not UTF-8, and leaves its bytes', () => {
    const { places, path } = colony('');
    const bytes = Buffer.from('{"args":["cat"],"x":"\xff"}', 'latin1');
    writeFileSync(path, bytes);
    for (const act of [stop, start]) expect(() => act(places, 'web')).toThrow(refusal('ESCHEMA', /UTF-8/));
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('does not make a file too large', () => {
    const { places, read } = colony(`{"args":["${'x'.repeat(65_536 - 13)}"]}`);
    expect(() => stop(places, 'web')).toThrow(refusal('ESCHEMA', /larger than 65536 bytes/));
    expect(read()).not.toContain('wanted');
  });

  it('needs a program', () => {
    const { places } = colony('{"args":["cat"]}');
    expect(() => stop(places, 'nobody')).toThrow(refusal('EUNKNOWN'));
    expect(() => start(places, 'nobody')).toThrow(refusal('EUNKNOWN'));
    expect(readdirSync(places.messages)).toEqual([]);
  });
});

describe('start', () => {
  it('says so in the file where it was stopped, and sends a message in any case', () => {
    const { places, read } = colony('{"args":["cat"],"ncolony.wanted":"down"}');
    const ids = [start(places, 'web'), start(places, 'web')];
    expect(read()).toBe('{"args":["cat"],"ncolony.wanted":"up"}');
    expect(readdirSync(places.messages).sort()).toEqual(ids);
    expect(JSON.parse(readFileSync(join(places.messages, ids[0]!), 'utf8'))).toEqual({ type: 'START', name: 'web' });
  });

  it('leaves a file alone that never said otherwise', () => {
    const { places, read } = colony('{"args":["cat"]}');
    start(places, 'web');
    expect(read()).toBe('{"args":["cat"]}');
  });
});
