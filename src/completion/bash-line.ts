/** A command line up to the cursor, as bash reads it. */
export interface BashLine {
  /** Without their quotes; the last one is the word at the cursor. */
  readonly words: readonly string[];
  /** The word at the cursor as it was typed. */
  readonly typed: string;
  /** The quote in which the cursor stands. */
  readonly quote: '' | '"' | "'";
}

/** Takes a line apart. What would be expanded when it is run stays as it is. */
export function parseBashLine(line: string): BashLine {
  const words: string[] = [];
  let [word, typed, quote]: [string, string, BashLine['quote']] = ['', '', ''];
  for (let i = 0; i < line.length; i += 1) {
    const character = line.charAt(i);
    if (quote === '' && /\s/.test(character)) {
      if (typed !== '') words.push(word);
      [word, typed] = ['', ''];
      continue;
    }
    typed += character;
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === '\\' && quote !== "'" && (quote === '' || /["\\$`]/.test(line.charAt(i + 1)))) {
      i += 1;
      word += line.charAt(i);
      typed += line.charAt(i);
    } else word += character;
  }
  return { words: [...words, word], typed, quote };
}

/**
 * A word as it has to be typed to mean itself, after what stands before `replaced`, the end of the line that bash
 * replaces: it breaks words at characters such as `=` and `:` too.
 */
export function typedWord(word: string, { typed, quote }: BashLine, replaced: string): string {
  const whole = quoted(word, quote);
  const before = typed.endsWith(replaced) ? typed.slice(0, typed.length - replaced.length) : '';
  return whole.startsWith(before) ? whole.slice(before.length) : whole;
}

function quoted(word: string, quote: BashLine['quote']): string {
  if (quote === '"') return `"${word.replace(/["\\$`]/g, '\\$&')}`;
  if (quote === "'") return `'${word.replaceAll("'", String.raw`'\''`)}`;
  return word.replace(/[\s"'\\$`!&|;<>()[\]{}*?#~^]/g, '\\$&');
}
