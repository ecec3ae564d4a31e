import type { Command } from 'commander';
import { parseBashLine, typedWord } from './bash-line.js';
import { completionOf, type Load } from './completion.js';

/**
 * What the function of a shell asks at each TAB, and nobody else. The first line of the answer is `words`, `files` or
 * `directories`; those that follow are the words, each for zsh with a tab and what it means.
 *
 * `bash`: the line up to the cursor, and what bash replaces of it. `zsh`: the words after the command, unquoted.
 */
export async function answerShell(
  root: Command,
  load: Load,
  [shell, ...question]: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const line = shell === 'bash' ? parseBashLine(question[0] ?? '') : undefined;
  const words = line === undefined ? question : line.words.slice(1);
  const completion = await completionOf(root, load, words, environment);
  const found = completion.kind === 'words' ? completion.candidates : [];
  const lines = found.map(({ word, says }) =>
    line === undefined ? `${word}\t${says}` : typedWord(word, line, question[1] ?? ''),
  );
  return [completion.kind, ...lines].map((text) => `${text}\n`).join('');
}
