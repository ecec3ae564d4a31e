import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, maxLineBytes } from '../../../src/output/line-splitter.js';
import { tries } from '../../fixtures/chances.js';

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
}

describe('a character of UTF-8 is never cut in two', () => {
  const line = '€'.repeat(maxLineBytes);

  // The first is what a pipe holds: there the cut falls between two chunks.
  it.each([maxLineBytes, 1, 4_096, 65_535, 65_537, 200_000])('by chunks of %i bytes', (size) => {
    const lines = linesOf(cut(Buffer.from(`${line}\n`), [size]));
    expect(lines.join('') === line).toBe(true);
    expect(lines.every((piece) => Buffer.byteLength(piece) <= maxLineBytes)).toBe(true);
  });
});

it('however it is cut into chunks, what is said is the same lines', () => {
  const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((line) => line.replace(/[\r\n]/g, '')));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, sizes, (lines, chunks) => {
      expect(linesOf(cut(Buffer.from(lines.map((line) => `${line}\n`).join('')), chunks))).toEqual(lines);
    }),
    tries(200),
  );
});

it('binary bytes are lines too, each byte that is no text a replacement character', () => {
  expect(linesOf([Buffer.from([0xff, 0x00, 0xc3, 0x0a, 0x80]), Buffer.from([0x0a])])).toEqual([
    '\ufffd\0\ufffd',
    '\ufffd',
  ]);
});
