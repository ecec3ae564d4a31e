import { describe, expect, it } from 'vitest';
import { isListedName, nameFault } from '../../../src/protocol/file-names.js';

const isListed = (name: string) => isListedName(Buffer.from(name));

describe('names', () => {
  it.each(['web', 'my-cat-program', 'a b', `it's "quoted"`, 'ü✓', 'web.json', 'new', 'x.new.y', '-x', 'a'.repeat(200)])(
    '%j is a program',
    (name) => {
      expect(isListed(name)).toBe(true);
      expect(nameFault(name)).toBeUndefined();
    },
  );

  it.each([
    ['web.new', 'ends in .new'],
    ['web.tmp', 'ends in .tmp'],
    ['web.swp', 'ends in .swp'],
    ['web~', 'ends in ~'],
    ['.web', 'starts with .'],
    ['..', 'starts with .'],
    ['#web#', 'starts with #'],
    ['é'.repeat(101), 'is longer than 200 bytes'],
  ])('%j is none: it %s', (name, fault) => {
    expect(isListed(name)).toBe(false);
    expect(nameFault(name)).toBe(fault);
  });

  it.each([
    ['', 'is empty'],
    ['a/b', 'contains a slash'],
    ['a\nb', 'contains a control character'],
    ['a\0', 'contains a control character'],
    ['a\u009bb', 'contains a control character'],
    ['\ud800', 'is not Unicode'],
  ])('%j cannot be given: it %s', (name, fault) => {
    expect(nameFault(name)).toBe(fault);
  });

  it('that are not UTF-8 are none', () => {
    expect(isListedName(Buffer.from([0x77, 0xff]))).toBe(false);
  });
});
