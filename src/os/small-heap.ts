import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for young objects at its first size, for a process that lives long and mostly sleeps.
 *
 * It would grow to 32 MB in the crowd of a start, and never give them back: more than a thousand programs take for good.
 * The factor is read whenever that space would grow, so it can be set while the process runs.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
