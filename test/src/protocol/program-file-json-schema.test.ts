import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { programFileJsonSchema } from '../../../src/protocol/program-file-json-schema.js';
import { parseProgramFile, programFileSchema } from '../../../src/protocol/program-file.js';

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

const schema = programFileJsonSchema();
const editor = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

const accepts = (content: unknown) => editor.safeParse(content).success;
const isGood = (content: unknown) => {
  const parsed = parseProgramFile('web', Buffer.from(JSON.stringify(content)));
  return parsed.ok && parsed.file.warnings.length === 0;
};

describe('the JSON Schema of a program file', () => {
  it('describes every key that ncolony knows, and every key of those', () => {
    const check = ({ properties = {} }: Described) => {
      for (const [key, value] of Object.entries(properties)) {
        expect(`${key}: ${value.description}`).toMatch(/: [A-Z].{10,}\.$/);
        check(value);
      }
    };
    const { properties } = schema as Described;
    expect(Object.keys(properties ?? {})).toEqual(Object.keys(programFileSchema.shape));
    check(schema);
  });

  it.each([
    [{ args: ['cat'] }, true],
    [{ $schema: './program-file.schema.json', args: ['cat'], anything: { else: 1 } }, true],
    [{ args: ['cat'], 'ncolony.stop': { signal: 'SIGINT', killtime: 0.5 }, 'ncolony.umask': '022' }, true],
    [{ args: ['cat'], 'ncolony.wnated': 'down' }, false],
    [{ args: ['cat'], 'ncolony.stop': { signal: 'TERM' } }, false],
    [{ args: ['cat'], 'ncolony.stop': { timeout: 5 } }, false],
    [{ args: ['cat'], 'ncolony.limits': { open: 5 } }, false],
    [{ args: ['cat'], env: { 'A=b': '' } }, false],
    [{ args: ['c\0at'] }, false],
    [{}, false],
    [null, false],
  ])('says of %j whether the monitor finds nothing wrong with it: %s', (content, good) => {
    expect(accepts(content)).toBe(good);
    expect(isGood(content)).toBe(good);
  });

  it('finds fault where the monitor does, whatever stands where', () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        'up',
        'SIGTERM',
        '/srv',
        '022',
        ['a'],
        { nofile: 5 },
        { tree: false },
        { A: 'b' },
        33,
        -1,
        2 ** 32,
      ),
    );
    const keys = [...Object.keys(programFileSchema.shape), 'ncolony.other', 'extra'];
    const contents = fc.dictionary(fc.constantFrom(...keys), values, { maxKeys: 2 });
    const args = fc.constantFrom(undefined, ['cat'], ['cat', '-u'], []);
    fc.assert(
      fc.property(contents, args, (content, command) => {
        const whole = command === undefined ? content : { ...content, args: command };
        // The one thing that the schema does not say.
        fc.pre(!Array.isArray(whole['args']) || whole['args'][0] !== '');
        expect(accepts(whole)).toBe(isGood(whole));
      }),
      { numRuns: 500 },
    );
  });
});
