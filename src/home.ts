import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ColonyError, reasonOf } from './errors.js';

/** The directories of a colony as they are given on a command line. */
export interface GivenDirectories {
  /** Stands for `conf`, `messages`, `pid` and `logs` in it; what is given by itself wins. */
  readonly home?: string;
  readonly config?: string;
  readonly messages?: string;
  readonly pid?: string;
  readonly logs?: string;
}

/** The same made out: absolute paths, `undefined` where none was given. */
export interface ColonyDirectories {
  readonly config: string | undefined;
  readonly messages: string | undefined;
  readonly pid: string | undefined;
  readonly logs: string | undefined;
  /** Those of the four that the home stands for. */
  readonly inHome: readonly string[];
}

/** What the given directories mean; `NCOLONY_HOME` is the default of `home`. Throws `EUSAGE` for an empty name. */
export function colonyDirectories(given: GivenDirectories, environment: NodeJS.ProcessEnv): ColonyDirectories {
  const own = (option: keyof GivenDirectories) => {
    if (given[option] === '') throw new ColonyError('EUSAGE', `--${option}: expected a directory`);
    return given[option];
  };
  const home = own('home') ?? (environment.NCOLONY_HOME || undefined);
  const inHome: string[] = [];
  const directory = (option: keyof GivenDirectories, name: string) => {
    const path = own(option);
    if (path !== undefined) return resolve(path);
    if (home === undefined) return undefined;
    inHome.push(resolve(home, name));
    return resolve(home, name);
  };
  return {
    config: directory('config', 'conf'),
    messages: directory('messages', 'messages'),
    pid: directory('pid', 'pid'),
    logs: directory('logs', 'logs'),
    inHome,
  };
}

/** Creates what is missing of the home. Throws `EDIRECTORY`. */
export function createHome({ inHome }: ColonyDirectories): void {
  for (const path of inHome) {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new ColonyError('EDIRECTORY', `${path}: cannot be created (${reasonOf(error)})`, { cause: error });
    }
  }
}

/** The refusal of a command that needs a directory which was not given. */
export function missing(option: 'config' | 'messages'): ColonyError {
  return new ColonyError('EUSAGE', `--${option} is needed (or --home)`);
}
