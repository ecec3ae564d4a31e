import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, maxLineBytes } from '../../../src/output/line-splitter.js';

/** The lines of a stream that comes in these chunks. */
function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((found) => lines.push(...found));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

/** The text in chunks that end at these positions. */
function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const ends = [...positions.map((position) => position % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const positions = fc.array(fc.nat(), { maxLength: 8 });
const text = fc.stringMatching(/^[a\r\nö€💡]*$/u, { maxLength: 60 });

test('lines are what stands between newlines, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(text, positions, (whole, cuts) => {
      const expected = whole.split('\n').map((line) => line.replace(/\r$/, ''));
      // What follows the last newline is a line only if there is something.
      if (whole === '' || whole.endsWith('\n')) expected.pop();
      expect(linesOf(cut(Buffer.from(whole), cuts))).toEqual(expected);
    }),
  );
});

test('a character in several chunks stays whole', () => {
  const bytes = Buffer.from('a€💡ö\n');
  expect(linesOf(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(['a€💡ö']);
});

test('bytes that are no text become replacement characters, and no line is lost', () => {
  expect(linesOf([Buffer.of(0xff, 0x0a, 0xe2, 0x82, 0x0a), Buffer.from('next\n')])).toEqual(['�', '�', 'next']);
});

describe('a line beyond the longest', () => {
  const longest = 'x'.repeat(maxLineBytes);

  const nearTheLongest = fc.integer({ min: maxLineBytes - 5, max: maxLineBytes + 5 });

  test('is passed on in pieces of that size, wherever the chunks are cut', () => {
    const line = fc
      .tuple(
        fc.constantFrom('x', 'ö', '€', '💡'),
        fc.nat({ max: 3 }),
        fc.oneof(nearTheLongest, fc.nat({ max: 2 * maxLineBytes + 8 })),
      )
      .map(([character, offset, bytes]) => 'a'.repeat(offset) + character.repeat(bytes / Buffer.byteLength(character)));
    fc.assert(
      fc.property(line, fc.array(fc.oneof(nearTheLongest, fc.nat()), { maxLength: 8 }), (whole, cuts) => {
        const lines = linesOf(cut(Buffer.from(`${whole}\nnext\n`), cuts));
        expect(lines.at(-1)).toBe('next');
        const pieces = lines.slice(0, -1);
        expect(pieces.join('')).toBe(whole);
        // A piece gives way by less than a character, and only where another follows.
        const sizes = pieces.map((piece) => Buffer.byteLength(piece));
        expect(Math.max(...sizes)).toBeLessThanOrEqual(maxLineBytes);
        expect(Math.min(...sizes.slice(0, -1), maxLineBytes)).toBeGreaterThan(maxLineBytes - 4);
      }),
      { numRuns: 60 },
    );
  });

  test.for([
    ['one chunk', [`${longest}\nnext\n`]],
    ['its newline in a chunk of its own', [longest, '\nnext\n']],
    ['a last byte in a chunk of its own', [longest.slice(1), 'x', '\nnext\n']],
  ] as const)('is not what has exactly that length, in %s', ([, chunks]) => {
    expect(linesOf(chunks.map((chunk) => Buffer.from(chunk)))).toEqual([longest, 'next']);
  });

  test('is not waited for: what is kept is less than the longest and a chunk', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((found) => lines.push(...found));
    for (let index = 0; index < 100; index++) splitter.push(Buffer.from('x'.repeat(10_000)));
    expect(lines.join('').length).toBeGreaterThan(1_000_000 - maxLineBytes - 10_000);
  });
});
