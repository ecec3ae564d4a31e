import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBashLine, typedWord } from '../../../src/completion/bash-line.js';

describe('a line of bash', () => {
  it.each([
    ['ncolony ctl ', ['ncolony', 'ctl', ''], '', ''],
    ['ncolony  ctl\tst', ['ncolony', 'ctl', 'st'], 'st', ''],
    ['a my\\ c', ['a', 'my c'], 'my\\ c', ''],
    ['a "my c', ['a', 'my c'], '"my c', '"'],
    ["a 'it", ['a', 'it'], "'it", "'"],
    ['a "b\\"c\\d" "', ['a', 'b"c\\d', ''], '"', '"'],
    ["a 'b\\' x", ['a', 'b\\', 'x'], 'x', ''],
    ["a b'c d'e", ['a', 'bc de'], "b'c d'e", ''],
    ["a '' b", ['a', '', 'b'], 'b', ''],
  ])('is taken apart: %s', (line, words, typed, quote) => {
    expect(parseBashLine(line)).toEqual({ words, typed, quote });
  });

  it.each([
    ['a ', '', 'my cat', 'my\\ cat'],
    ['a my\\ c', 'my\\ c', 'my cat', 'my\\ cat'],
    ['a "my', 'my', 'my $cat', 'my \\$cat'],
    ["a 'my", 'my', 'my $cat', 'my $cat'],
    ['a x:', '', 'x:y', 'y'],
    ['a --home=x:', '', '--home=x:y', 'y'],
  ])('%s takes for %j the word %s as %s', (line, replaced, word, typed) => {
    expect(typedWord(word, parseBashLine(line), replaced)).toBe(typed);
  });

  it('means in bash the word that was chosen, whatever is in it', () => {
    const word = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/\p{Cc}|\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 50 }), fc.constantFrom('', '"', "'"), (words, quote) => {
        const lines = words.map((text) => quote + typedWord(text, parseBashLine(`a ${quote}`), '') + quote);
        const script = `printf '%s\\n' ${lines.join(' ')}`;
        expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`);
        for (const [index, line] of lines.entries()) {
          expect(parseBashLine(line).words).toEqual([words[index]]);
        }
      }),
      { numRuns: 20 },
    );
  });
});
