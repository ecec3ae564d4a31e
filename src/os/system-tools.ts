import { accessSync, constants } from 'node:fs';

const directories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** The absolute path of a tool of the system (`flock`, `setpriv`, `mkfifo`), never by the monitor's PATH. */
export function systemTool(name: string): string | undefined {
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
