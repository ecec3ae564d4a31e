import { describe, expect, it } from 'vitest';
import { contentDigests, differingKeys, rememberedDigests } from '../../../src/protocol/content-digests.js';
import { parseProgramFile } from '../../../src/protocol/program-file.js';

const digests = (text: string, { key = 'key', name = 'web' } = {}) => {
  const parsed = parseProgramFile(name, Buffer.from(text));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return contentDigests(key, parsed.file);
};

describe('the digests of a content', () => {
  it.each([
    ['{"args":["cat"]}', '{ "args": ["\\u0063at"] }', []],
    ['{"args":["cat"]}', '{"args":["cat"],"ncolony.wanted":"up"}', []],
    ['{"args":["cat"]}', '{"args":["cat"],"ncolony.wanted":"down"}', ['ncolony.wanted']],
    ['{"args":["cat"],"x":1}', '{"x":1.0,"args":["cat"]}', []],
    ['{"args":["cat"],"x":1}', '{"args":["dog"],"y":1}', ['args', 'x', 'y']],
    ['{"args":["cat"],"x":12345678901234567890}', '{"args":["cat"],"x":12345678901234567891}', ['x']],
    ['{"args":["cat"],"A=1":0}', '{"args":["cat"],"A=2":0}', ['A=…']],
    ['{"args":["cat"],"A=1":0,"A=2":1}', '{"args":["cat"],"A=1":1,"A=2":1}', ['A=…']],
  ])('tell of %s and %s what differs', (before, after, keys) => {
    expect([...differingKeys(digests(before), digests(after))].sort()).toEqual(keys);
  });

  it('say nothing of what is digested to who does not have the key, nor which programs say the same', () => {
    const text = '{"args":["cat"],"env":{"TOKEN":"s3cret"}}';
    const own = digests(text);
    expect(own).toEqual({
      args: expect.stringMatching(/^[\w-]{16}$/) as string,
      env: expect.stringMatching(/^[\w-]{16}$/) as string,
      'ncolony.wanted': expect.stringMatching(/^[\w-]{16}$/) as string,
    });
    const everything = ['args', 'env', 'ncolony.wanted'];
    expect(differingKeys(own, digests(text, { key: 'another' }))).toEqual(everything);
    expect(differingKeys(own, digests(text, { name: 'other' }))).toEqual(everything);
  });
});

it('are made once for each version of a file', () => {
  const digestsOf = rememberedDigests('key');
  const fileOf = (text: string) => {
    const parsed = parseProgramFile('web', Buffer.from(text));
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.file;
  };
  const [cat, dog] = [fileOf('{"args":["cat"]}'), fileOf('{"args":["dog"]}')];
  expect(digestsOf(cat)).toBe(digestsOf(cat));
  expect(digestsOf(cat)).toEqual(contentDigests('key', cat));
  expect(digestsOf(dog)).not.toEqual(digestsOf(cat));
});
