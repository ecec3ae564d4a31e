import type { ProgramFile } from './program-file.js';

/** The names by which a process, and a later monitor, can tell whose it is. */
export const colonyVariables = {
  name: 'NCOLONY_NAME',
  config: 'NCOLONY_CONFIG',
  run: 'NCOLONY_RUN',
  colony: 'NCOLONY_COLONY',
} as const;

export interface Identity {
  /** The run id of the incarnation. */
  readonly run: string;
  /** `device:inode` of the messages directory. */
  readonly colony: string;
}

/**
 * The whole environment of a process: what its file says and the four names above, nothing else.
 *
 * As in NColony `env_inherit` wins over `env`, and a name that the monitor does not have becomes the empty string.
 */
export function environmentOf(file: ProgramFile, identity: Identity, inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { env, env_inherit: names } = JSON.parse(file.text) as {
    env?: Record<string, string>;
    env_inherit?: string[];
  };
  return {
    ...env,
    ...Object.fromEntries((names ?? []).map((name) => [name, Object.hasOwn(inherited, name) ? inherited[name] : ''])),
    [colonyVariables.name]: file.spec.name,
    [colonyVariables.config]: file.text,
    [colonyVariables.run]: identity.run,
    [colonyVariables.colony]: identity.colony,
  };
}
