import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedKeys, contentOf, parseProgramFile, type ProgramFile } from '../../../src/protocol/program-file.js';

const parse = (text: string) => parseProgramFile('web', Buffer.from(text));

function good(text: string): ProgramFile {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.file;
}

const faultsOf = (value: unknown) => {
  const parsed = parse(JSON.stringify(value));
  return parsed.ok ? [] : parsed.faults.map(({ message }) => message);
};

describe('a program file', () => {
  it('says what to run', () => {
    const text = `{"args": ["node", "server.js"], "group": ["web", "all"],
      "env": {"TOKEN": "s3cret"}, "env_inherit": ["PATH"], "uid": 33, "gid": 34, "anything": {"else": 1}}`;
    const file = good(text);
    expect(file.spec).toEqual({
      name: 'web',
      args: ['node', 'server.js'],
      groups: ['web', 'all'],
      wanted: 'up',
      stop: { signal: 'SIGTERM', killtime: undefined, tree: true },
      revision: expect.stringMatching(/^[\w-]{22}$/) as string,
    });
    expect(file.rights).toEqual({ user: { uid: 33, gid: 34, name: undefined } });
    expect(file.text).toBe(text);
    expect(file.warnings).toEqual([]);
  });

  it('needs args only', () => {
    expect(good('{"args":["cat"]}')).toMatchObject({
      spec: { args: ['cat'], groups: [], wanted: 'up' },
      rights: {},
    });
  });

  it('tells uid and gid apart', () => {
    expect(good('{"args":["cat"],"uid":0}').rights).toEqual({ user: { uid: 0 } });
    expect(good('{"args":["cat"],"gid":0}').rights).toEqual({ user: { gid: 0 } });
  });

  it('can want the program down, and say how to stop it, in seconds', () => {
    const { spec } = good(
      '{"args":["cat"],"ncolony.wanted":"down","ncolony.stop":{"signal":"SIGQUIT","killtime":0.5,"tree":false}}',
    );
    expect(spec).toMatchObject({ wanted: 'down', stop: { signal: 'SIGQUIT', killtime: 500, tree: false } });
  });

  it('can say what becomes of its output, in seconds and sizes', () => {
    expect(good('{"args":["cat"]}').log).toEqual({ to: 'file', stderr: 'same', limits: {} });
    const log = {
      to: 'direct',
      stderr: 'own',
      size: '10M',
      age: 0.5,
      keep: 3,
      total: '5000',
      gzip: true,
      stamps: false,
    };
    expect(good(JSON.stringify({ args: ['cat'], 'ncolony.log': log })).log).toEqual({
      to: 'direct',
      stderr: 'own',
      limits: { size: 10 * 1024 ** 2, age: 500, keep: 3, total: 5_000, gzip: true, stamps: false },
    });
  });

  it('carries no value of the environment in its spec', () => {
    expect(JSON.stringify(good('{"args":["cat"],"env":{"TOKEN":"s3cret"},"x":"s3cret"}').spec)).not.toContain('s3cret');
  });

  it('warns of an unknown key of ncolony, and of no other', () => {
    expect(good('{"args":["cat"],"ncolony.wnated":"down","other":1}').warnings).toEqual([
      'ncolony.wnated: not a key that ncolony knows',
    ]);
  });

  it('is read whole again for those who need more than the spec', () => {
    expect(contentOf(good('{"args":["cat"],"env":{"A":"b"}}'))).toEqual({ args: ['cat'], env: { A: 'b' } });
  });
});

describe('the revision', () => {
  it.each([
    ['{"args":["cat"],"x":1}', '{ "x" : 1.0,\n"args":["\\u0063at"] }'],
    ['{"args":["cat"]}', '{"args":["cat"],"ncolony.wanted":"down"}'],
    ['{"args":["cat"],"ncolony.wanted":"up"}', '{"args":["cat"],"ncolony.wanted":"down"}'],
  ])('is the same for %s and %s', (one, other) => {
    expect(good(one).spec.revision).toBe(good(other).spec.revision);
  });

  it.each([
    ['{"args":["cat","a"]}', '{"args":["cat","b"]}'],
    ['{"args":["cat"]}', '{"args":["cat"],"env":{}}'],
    ['{"args":["cat"],"x":12345678901234567890}', '{"args":["cat"],"x":12345678901234567891}'],
    ['{"args":["cat"],"x":{"ncolony.wanted":"up"}}', '{"args":["cat"],"x":{"ncolony.wanted":"down"}}'],
  ])('is another for %s and %s', (one, other) => {
    expect(good(one).spec.revision).not.toBe(good(other).spec.revision);
  });

  it('goes with the names of the keys that changed', () => {
    const before = good('{"args":["cat"],"env":{"A":"1"},"gone":1,"same":[1,2]}');
    const after = good('{"args":["cat","-u"],"env":{"A":"2"},"new":1,"same":[1, 2.0]}');
    expect([...changedKeys(before, after)].sort()).toEqual(['args', 'env', 'gone', 'new']);
    expect(changedKeys(before, before)).toEqual([]);
  });
});

describe('a bad program file', () => {
  it.each<[unknown, string]>([
    [null, 'expected object, received null'],
    [[], 'expected object, received array'],
    [{}, 'args: expected array, received nothing'],
    [{ args: [] }, 'args: expected at least 1 element'],
    [{ args: 'cat' }, 'args: expected array, received string'],
    [{ args: [''] }, 'args: expected an executable as first element'],
    [{ args: ['cat', 5] }, 'args.1: expected string, received number'],
    [{ args: ['c\0at'] }, 'args.0: expected a string without NUL'],
    [{ args: ['cat'], env: [] }, 'env: expected object, received array'],
    [{ args: ['cat'], env: { PATH: 5 } }, 'env.PATH: expected string, received number'],
    [{ args: ['cat'], env: { PATH: 'a\0' } }, 'env.PATH: expected a string without NUL'],
    [{ args: ['cat'], env: { '': 'a' } }, 'env.: expected the name of a variable'],
    [{ args: ['cat'], 'ncolony.limits': { open: 5 } }, 'ncolony.limits: expected no key open'],
    [{ args: ['cat'], env_inherit: ['A=b'] }, 'env_inherit.0: expected the name of a variable'],
    [{ args: ['cat'], uid: '33' }, 'uid: expected number, received string'],
    [{ args: ['cat'], uid: 1.5 }, 'uid: expected integer, received number'],
    [{ args: ['cat'], gid: -1 }, 'gid: expected at least 0'],
    [{ args: ['cat'], gid: 4_294_967_295 }, 'gid: expected at most 4294967294'],
    [{ args: ['cat'], group: 'web' }, 'group: expected array, received string'],
    [{ args: ['cat'], 'ncolony.wanted': 'yes' }, 'ncolony.wanted: expected one of "up"|"down"'],
    [
      { args: ['cat'], 'ncolony.stop': { signal: 'TERM' } },
      'ncolony.stop.signal: expected the name of a signal, such as SIGTERM',
    ],
    [{ args: ['cat'], 'ncolony.stop': { kiltime: 5 } }, 'ncolony.stop: expected no key kiltime'],
    [{ args: ['cat'], 'ncolony.log': { size: '10 MB' } }, 'ncolony.log.size: expected a size, such as "10M"'],
    [{ args: ['cat'], 'ncolony.log': 'none' }, 'ncolony.log: expected object, received string'],
    [{ args: ['cat'], 'ncolony.stop': { killtime: 2_147_484 } }, 'ncolony.stop.killtime: expected at most 2147483.647'],
  ])('%j: %s', (value, message) => {
    expect(faultsOf(value)).toEqual([message]);
  });

  it('names every fault, the first one as its error', () => {
    const parsed = parse('{"args":[1],"uid":"x"}');
    expect(parsed).toMatchObject({
      ok: false,
      error: { code: 'ESCHEMA', message: expect.stringContaining('args.0') as string },
    });
    expect(faultsOf({ args: [1], uid: 'x' })).toHaveLength(2);
  });

  it.each([
    ['', 'EEMPTY', true],
    ['{"args":', 'ESYNTAX', true],
    [`{"args":["cat"],"x":"${'x'.repeat(65_536)}"}`, 'ESIZE', false],
    [`{"args":["cat"],"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'ESCHEMA', false],
  ])('%.20s…: %s', (text, code, unfinished) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { code }, unfinished });
  });

  it('is told of without a word of its values', () => {
    const secret = 's3cret';
    const anything = fc.anything({ values: [fc.constant(secret), fc.integer()], withNullPrototype: false });
    const file = fc.record({
      args: anything,
      env: fc.oneof(anything, fc.constant({ [`TOKEN=${secret}`]: secret }), fc.constant({ TOKEN: { [secret]: 1 } })),
      uid: anything,
      'ncolony.wanted': anything,
      'ncolony.stop': fc.oneof(fc.constant(secret), fc.constant({ signal: secret, [`a=${secret}`]: 1 })),
    });
    fc.assert(
      fc.property(file, (value) => {
        const text = JSON.stringify(value);
        for (const broken of [text, `${text}${secret}`, text.slice(0, -1), text.replace(':', '')]) {
          const parsed = parse(broken);
          expect(parsed.ok ? '' : JSON.stringify(parsed)).not.toContain(secret);
        }
      }),
    );
  });

  it('never makes the parser throw', () => {
    const bytes = fc.oneof(fc.json(), fc.string(), fc.uint8Array()).map((content) => Buffer.from(content as string));
    fc.assert(
      fc.property(bytes, (content) => {
        expect(parseProgramFile('web', content)).toHaveProperty('ok');
      }),
    );
  });
});
