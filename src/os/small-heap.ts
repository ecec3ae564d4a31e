import { setFlagsFromString } from 'node:v8';

let isKeptSmall = false;

/**
 * Keeps V8 small, for a process that lives long and mostly sleeps. All of this is read whenever it matters, so it can be
 * set while the process runs.
 *
 * The space for young objects would grow to 32 MB in the crowd of a start, and never be given back: more than a thousand
 * programs take for good. Each of the threads that tidy it up would keep half-filled pages of its own: 9 KB a program. And
 * what is compiled again for speed while a thousand programs come up takes a second of CPU that they need, and memory:
 * only what is hot six times as long as usual is worth it, such as the splitting of lines. What a start leaves behind is
 * old enough by then not to count as young: the heap would grow to twice what lives before it is tidied up, not to 1.6 ×.
 */
export function keepHeapSmall(): void {
  isKeptSmall = true;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--heap-growing-percent=60');
  // Later ones know no such flag, and say so on standard error.
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=400000');
}

/** Says it once more, where it was said: V8 takes back the first of it for all threads whenever a new one begins. */
export function keepHeapStillSmall(): void {
  if (isKeptSmall) keepHeapSmall();
}
