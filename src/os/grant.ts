import { statSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { Rights } from '../protocol/rights.js';
import { LaunchError } from './launcher.js';
import { systemTool } from './system-tools.js';
import { findUser } from './users.js';

/** What has to be done at a spawn to give exactly these rights. */
export interface Granted {
  /** The words before the program's own: each tool sets something, then becomes the next. */
  readonly helper: readonly string[];
  /** Who owns the pipes: opening /dev/stdout is judged by it. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Finds the helpers that turn the monitor's rights into a program's. Limits come first: raising one after the user was
 * changed is not allowed. Node's own uid and gid options would keep no supplementary group at all.
 *
 * Rejects with a `LaunchError`: `EHELPER` where a tool is missing, `EPRIVILEGE` where there is no such user, `ENOENT`
 * or `ENOTDIR` where there is no such directory. Never grants more than was asked for.
 */
export async function grant(rights: Rights): Promise<Granted> {
  if (rights.directory !== undefined) requireDirectory(rights.directory);
  const user = rights.user === undefined ? undefined : await resolveUser(rights.user);
  const drop = [
    ...(user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, user.groups]),
    ...(rights.deathSignal === undefined ? [] : ['--pdeathsig', rights.deathSignal]),
  ];
  const limits = Object.entries(rights.limits ?? {}).map(([name, value]) => `--${name}=${value}`);
  return {
    helper: [
      ...(limits.length === 0 ? [] : [needed('prlimit'), ...limits, '--']),
      ...(drop.length === 0 ? [] : [needed('setpriv'), ...drop, '--']),
    ],
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
  return { uid, gid, groups: entry === undefined ? '--clear-groups' : '--init-groups' };
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
