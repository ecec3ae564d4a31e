import { describe, expect, it } from 'vitest';
import { decodeJson } from '../../../src/protocol/json-bytes.js';

const decode = (text: string) => decodeJson(Buffer.from(text), 1_000_000);

describe('decoding a file', () => {
  it('keeps the text beside the value', () => {
    expect(decode(' {"a": 1}\n')).toEqual({ ok: true, value: { a: 1 }, text: ' {"a": 1}\n' });
  });

  it('calls a file of nothing unfinished', () => {
    expect(decode('')).toMatchObject({ ok: false, error: { code: 'EEMPTY' }, unfinished: true });
  });

  it('refuses what is larger than the limit, and takes what is as large', () => {
    expect(decodeJson(Buffer.from('"abc"'), 5)).toMatchObject({ ok: true });
    expect(decodeJson(Buffer.from('"abcd"'), 5)).toMatchObject({ error: { code: 'ESIZE' }, unfinished: false });
  });

  it('refuses what is not UTF-8', () => {
    const cut = Buffer.from('"é"').subarray(0, 2);
    expect(decodeJson(cut, 100)).toMatchObject({ error: { code: 'EENCODING' }, unfinished: true });
  });

  it.each([
    ['{"token":x}', 'not JSON: line 1, column 10'],
    ['{"a":1,\n "b" 2}', 'not JSON: line 2, column 6'],
    ['{"a":1,}', 'not JSON: line 1, column 8'],
    ['{"a":1 /* why */}', 'not JSON: line 1, column 8'],
    ['{"a":1', 'not JSON: line 1, column 7'],
    ['{"a":"\n"}', 'not JSON: line 1, column 6'],
    ['at position 3', 'not JSON: line 1, column 1'],
  ])('says where %j breaks off', (text, message) => {
    expect(decode(text)).toMatchObject({ error: { code: 'ESYNTAX', message }, unfinished: true });
  });

  it('quotes nothing of the text', () => {
    for (const text of ['s3cret', '{"s3cret": s3cret}', '{"TOKEN": "s3cret" "s3cret"}', '["s3cret\ns3cret"]']) {
      const decoded = decode(text);
      expect(decoded.ok).toBe(false);
      expect(JSON.stringify(decoded)).not.toContain('s3cret');
    }
  });

  it('survives nesting of any depth, closed or not', () => {
    expect(decode('['.repeat(65_000))).toMatchObject({ ok: false, error: { code: 'ESYNTAX' } });
    expect(decode('['.repeat(30_000) + ']'.repeat(30_000))).toMatchObject({ ok: true });
  });
});
