import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalMembers } from '../../../src/protocol/canonical-json.js';

const canonical = (text: string) => canonicalJson(text, 'omitted');
const jsonObject = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ noUnicodeString: false }))
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  .filter((value) => !('omitted' in value));

/** The same JSON in another dress: keys in another order, white space, escapes, other spellings of numbers. */
function redress(value: unknown, random: () => number): string {
  const space = () => ['', ' ', '\n\t', '  '][Math.floor(random() * 4)] ?? '';
  if (Array.isArray(value)) return `[${value.map((member) => space() + redress(member, random) + space()).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .map((member) => ({ member, rank: random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ member: [key, inner] }) => `${space()}${escaped(key, random)}${space()}:${redress(inner, random)}`);
    return `{${members.join(',')}${space()}}`;
  }
  if (typeof value === 'number') return respelled(value, random);
  return typeof value === 'string' ? escaped(value, random) : JSON.stringify(value);
}

function escaped(text: string, random: () => number): string {
  if (random() < 0.5) return JSON.stringify(text);
  const units = text.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${units.join('')}"`;
}

function respelled(value: number, random: () => number): string {
  const plain = JSON.stringify(value);
  if (random() < 0.5) return plain;
  return plain.includes('e') ? plain.replace('e', 'E') : plain.includes('.') ? `${plain}00` : `${plain}.0e+0`;
}

describe('canonical JSON', () => {
  it('is equal exactly for texts of equal content', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, (a, b) => {
        expect(canonical(JSON.stringify(a)) === canonical(JSON.stringify(b))).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });

  it('tells texts apart that differ in a single place', () => {
    fc.assert(
      fc.property(jsonObject, fc.string(), fc.jsonValue(), fc.jsonValue(), (rest, key, a, b) => {
        fc.pre(key !== 'omitted');
        const [one, other] = [a, b].map((value) => JSON.stringify({ ...rest, [key]: value })) as [string, string];
        expect(canonical(one) === canonical(other)).toBe(isDeepStrictEqual(JSON.parse(one), JSON.parse(other)));
      }),
    );
  });

  it('does not see white space, the order of keys, escapes or the spelling of numbers', () => {
    fc.assert(
      fc.property(jsonObject, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (value, stream) => {
        const text = redress(value, () => stream.next().value as number);
        expect(JSON.parse(text)).toEqual(value);
        expect(canonical(text)).toBe(canonical(JSON.stringify(value)));
      }),
    );
  });

  it('does not see the key that is left out, at the top only', () => {
    expect(canonical('{"a":1,"omitted":2}')).toBe(canonical('{"omitted":[3],"a":1}'));
    expect(canonical('{"a":1,"omitted":2}')).toBe(canonical('{"a":1}'));
    expect(canonical('{"a":{"omitted":2}}')).not.toBe(canonical('{"a":{}}'));
  });

  it.each([
    ['12345678901234567890', '12345678901234567891'],
    ['1234567.890123456781', '1234567.890123456782'],
    ['1e400', '1e500'],
    ['1e400', 'null'],
    ['1e99999999999999999999', '1e99999999999999999998'],
    ['1', '"1"'],
    ['1', '"n1e0"'],
    ['12345678901234567890', '"\\u000012345678901234567890"'],
    ['-1', '1'],
  ])('tells %s from %s', (one, other) => {
    expect(canonical(`{"x":${one}}`)).not.toBe(canonical(`{"x":${other}}`));
  });

  it.each([
    ['1', '1.0'],
    ['100', '1e2'],
    ['-1.50e3', '-1500'],
    ['0', '-0.000e7'],
    ['10000000000000000000000', '1E+22'],
    ['12345678901234567890.0', '12345678901234567890'],
  ])('takes %s and %s for the same', (one, other) => {
    expect(canonical(`{"x":${one}}`)).toBe(canonical(`{"x":${other}}`));
  });

  it('takes digits in a string for what they are', () => {
    expect(canonical('{"x":"a\\"12345678901234567890"}')).not.toBe(canonical('{"x":"a\\"12345678901234567891"}'));
    expect([...canonicalMembers('{"x":"1","y":{"b":1,"a":2}}').keys()]).toEqual(['x', 'y']);
  });

  it('is fast on a number of 60,000 zeros', () => {
    const before = performance.now();
    canonical(`{"x":1${'0'.repeat(60_000)}1}`);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('throws where there is no JSON', () => {
    expect(() => canonical('{')).toThrow(SyntaxError);
  });
});
