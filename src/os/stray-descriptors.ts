import { closeSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/**
 * Closes what whoever started this process left open in it: every program would inherit it too, and with it perhaps
 * the end of a pipe that somebody waits for. Descriptors of Node's own are closed on exec and stay.
 *
 * For a process that is a monitor and nothing else.
 */
export function closeStrayDescriptors(): void {
  for (const name of listDescriptors()) {
    const descriptor = Number(name);
    const isOurs = descriptor <= 2 || name === process.env['NODE_CHANNEL_FD'];
    if (!isOurs && (flagsOf(name) & closeOnExec) === 0) closeSync(descriptor);
  }
}

function listDescriptors(): string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
}

/** The flags of a descriptor; those of one that is gone, as the listing's own is, mean that nothing is to be done. */
function flagsOf(name: string): number {
  try {
    return Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1] ?? '', 8);
  } catch {
    return closeOnExec;
  }
}
