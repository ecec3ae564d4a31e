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
  const getent = systemTool('getent');
  if (getent === undefined) return undefined;
  const entry = await promisify(execFile)(getent, ['passwd', '--', String(key)], { env: {} }).then(
    ({ stdout }) => stdout.split('\n', 1)[0]?.split(':'),
    () => undefined,
  );
  const [name, , uid, gid] = entry ?? [];
  return name === undefined || uid === undefined || gid === undefined
    ? undefined
    : { name, uid: Number(uid), gid: Number(gid) };
}
