import { statSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { Rights } from '../protocol/rights.js';
import { LaunchError, type Command } from './launcher.js';
import { systemTool } from './system-tools.js';
import { findMemberships, findUser, type User } from './users.js';

/** What has to be done at a spawn to give exactly these rights. */
export interface Granted {
  /** The words before the program's own: each tool sets something, then becomes the next. */
  readonly helper: readonly string[];
  /** The environment of the first of these words. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where the first of these words begins to run. */
  readonly directory: string | undefined;
  /** Who owns the pipes: opening /dev/stdout is judged by it. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** What makes a program, setpriv as well, load or write files before its first line. */
const loaderVariable = /^(?:LD_.*|GLIBC_TUNABLES|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH)$/;

/**
 * Finds the helpers that turn the monitor's rights into a program's. Limits come first: raising one after the user was
 * changed is not allowed. Node's own uid and gid options would keep no supplementary group at all. What the program's
 * user may not do happens after the change: entering its directory, and loading what its environment names.
 *
 * Rejects with a `LaunchError`: `EHELPER` where a tool is missing, `EPRIVILEGE` where there is no such user, `ENOENT`
 * or `ENOTDIR` where there is no such directory. Never grants more than was asked for.
 */
export async function grant({ rights, environment, args }: Command): Promise<Granted> {
  const { directory } = rights;
  if (directory !== undefined) requireDirectory(directory);
  const user = rights.user === undefined ? undefined : await resolveUser(rights.user);
  const drop = [
    ...(user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, user.groups]),
    ...(rights.deathSignal === undefined ? [] : ['--pdeathsig', rights.deathSignal]),
  ];
  const limits = Object.entries(rights.limits ?? {}).map(([name, value]) => `--${name}=${value}`);
  const variables = Object.entries(environment);
  const late = user === undefined ? [] : variables.filter(([name]) => loaderVariable.test(name));
  const afterwards = [
    ...(user === undefined || directory === undefined ? [] : [`--chdir=${directory}`]),
    ...late.map(([name, value]) => `${name}=${value}`),
  ];
  if (afterwards.length > 0 && args[0]?.includes('=')) {
    throw new LaunchError('EHELPER', `${JSON.stringify(args[0])}: cannot be run by env, for its equals sign`);
  }
  return {
    helper: [
      ...(limits.length === 0 ? [] : [needed('prlimit'), ...limits, '--']),
      ...(drop.length === 0 ? [] : [needed('setpriv'), ...drop, '--']),
      ...(afterwards.length === 0 ? [] : [needed('env'), ...afterwards]),
    ],
    environment:
      late.length === 0 ? environment : Object.fromEntries(variables.filter((entry) => !late.includes(entry))),
    directory: user === undefined ? directory : undefined,
    owner: user,
  };
}

function needed(tool: string): string {
  const path = systemTool(tool);
  if (path === undefined) throw new LaunchError('EHELPER', `${tool} is missing: these rights cannot be given`);
  return path;
}

async function resolveUser(asked: NonNullable<Rights['user']>) {
  const key = asked.name ?? asked.uid;
  const entry = key === undefined ? undefined : await findUser(key);
  if (asked.name !== undefined && entry === undefined) {
    throw new LaunchError('EPRIVILEGE', `there is no user ${JSON.stringify(asked.name)}`);
  }
  const uid = asked.uid ?? entry?.uid ?? process.getuid?.() ?? 0;
  const gid = asked.gid ?? entry?.gid;
  if (gid === undefined) throw new LaunchError('EPRIVILEGE', `there is no user ${uid}, and no gid is given`);
  return { uid, gid, groups: await groupsOf(entry, uid, gid) };
}

// With --init-groups the user's primary group would stay beside another one that was asked for.
async function groupsOf(entry: User | undefined, uid: number, gid: number): Promise<string> {
  if (entry === undefined) return '--clear-groups';
  if (entry.uid === uid && entry.gid === gid) return '--init-groups';
  const memberships = await findMemberships(entry.name);
  if (memberships === undefined) throw new LaunchError('EPRIVILEGE', `the groups of ${entry.name} cannot be told`);
  return `--groups=${[...new Set([gid, ...memberships])].join()}`;
}

// The system would say ENOENT and not of what.
function requireDirectory(path: string): void {
  try {
    if (statSync(path).isDirectory()) return;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new LaunchError('ENOENT', `${path}: there is no such directory`);
    return;
  }
  throw new LaunchError('ENOTDIR', `${path}: is not a directory`);
}
