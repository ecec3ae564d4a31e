import { constants } from 'node:os';
import { programStates } from '../../machines/program-context.js';
import { glanceAt, listPrograms } from '../ctl/programs.js';
import { colonyDirectories, type GivenDirectories } from '../home.js';
import { logLevels } from '../options.js';
import { spawnKinds } from '../os/launcher.js';
import { shells } from './scripts.js';

export interface Candidate {
  readonly word: string;
  /** What it means, in a few words; or nothing. */
  readonly says: string;
}

/** The words from which one can be chosen, or the files or directories, which the shell knows best. */
export type Space = Candidate[] | 'files' | 'directories';

/**
 * What an argument of this name in a usage (`<dir>`, `[name]`) can be. `given`: the options before it, as typed.
 * What cannot be told is empty: nobody is interrupted while typing.
 */
export function spaceOf(
  name: string,
  current: string,
  given: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
): Space {
  switch (name) {
    case 'dir':
      return 'directories';
    case 'file':
      return 'files';
    case 'name':
      return plain(programsOf(given, environment, (_, program) => [program]));
    case 'group':
      return plain(programsOf(given, environment, (config, program) => glanceAt({ config }, program).group));
    case 'signal': {
      const signals = Object.keys(constants.signals);
      return plain(current.startsWith('SIG') ? signals : signals.map((signal) => signal.slice('SIG'.length)));
    }
    case 'state':
      return plain(programStates);
    case 'level':
      return plain(logLevels);
    case 'how':
      return plain(spawnKinds);
    case 'shell':
      return plain(shells);
    default:
      return [];
  }
}

function programsOf(
  given: GivenDirectories,
  environment: NodeJS.ProcessEnv,
  wordsOf: (config: string, program: string) => readonly string[],
): string[] {
  try {
    const { config } = colonyDirectories(expanded(given, environment), environment);
    if (config === undefined) return [];
    const words = listPrograms({ config }).flatMap((program) => wordsOf(config, program));
    // A line of the answer is a word.
    return [...new Set(words)].filter((word) => !/\p{Cc}/u.test(word)).sort();
  } catch {
    return [];
  }
}

/** The shell expands a `~` when the line is run, not while it is typed. */
function expanded({ config, home }: GivenDirectories, { HOME = '~' }: NodeJS.ProcessEnv): GivenDirectories {
  const expand = (path: string) => path.replace(/^~(?=\/|$)/, () => HOME);
  return { ...(config !== undefined && { config: expand(config) }), ...(home !== undefined && { home: expand(home) }) };
}

const plain = (words: readonly string[]) => words.map((word) => ({ word, says: '' }));
