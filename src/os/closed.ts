import { closeSync } from 'node:fs';

/**
 * Closes a file that was written, if there is one. What the system says to that is returned, not thrown: some file systems tell only then that
 * there was no space left. The number is free in any case, and may be another file's at once.
 */
export function closed(descriptor: number | undefined): unknown {
  try {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  } catch (error) {
    return error;
  }
}
