import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemTool } from './system-tools.js';

/** A user of this system, from the passwd database. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Looks a user up by number or name, wherever the system keeps them; `undefined` when there is no such user. */
export async function findUser(key: number | string): Promise<User | undefined> {
  const [name, , uid, gid] = (await ask('passwd', String(key)))?.split(':') ?? [];
  return name === undefined || uid === undefined || gid === undefined
    ? undefined
    : { name, uid: Number(uid), gid: Number(gid) };
}

/** The groups that a user is a member of, the primary one aside; `undefined` where that cannot be told. */
export async function findMemberships(name: string): Promise<number[] | undefined> {
  return (await ask('initgroups', name))?.slice(name.length).split(' ').filter(Boolean).map(Number);
}

const patienceMs = 10_000;

/** The first line of an answer of getent(1); none where it takes too long. */
async function ask(database: string, key: string): Promise<string | undefined> {
  const getent = systemTool('getent');
  if (getent === undefined) return undefined;
  // A directory service that does not answer must not keep others from being started.
  const limits = { timeout: patienceMs, killSignal: 'SIGKILL' } as const;
  return promisify(execFile)(getent, [database, '--', key], { env: {}, ...limits }).then(
    ({ stdout }) => stdout.split('\n', 1)[0],
    () => undefined,
  );
}
