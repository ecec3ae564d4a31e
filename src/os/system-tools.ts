import { accessSync, constants } from 'node:fs';

const directories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/**
 * The absolute path of a tool of the system (`flock`, `setpriv`, `mkfifo`), never by the monitor's PATH.
 *
 * `NCOLONY_WITHOUT`, names with commas between them, makes tools missing: for tests of what is done without.
 */
export function systemTool(name: string): string | undefined {
  if (process.env['NCOLONY_WITHOUT']?.split(',').includes(name)) return undefined;
  return directories.map((directory) => `${directory}/${name}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
