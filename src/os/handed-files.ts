import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Command } from './launcher.js';
import { readPipe } from './output-pipe.js';
import type { Pipe } from './pipes.js';

/** Descriptors that a process gets in place of pipes. */
export interface HandedFiles {
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
}

/** Does something with the files that are handed over to a process, which are closed here afterwards. */
export async function withHandedFiles<T>(
  { handOver }: Command,
  action: (files: HandedFiles) => Promise<T>,
): Promise<T> {
  const stdout = handOver?.('stdout');
  let stderr: number | undefined;
  try {
    stderr = handOver?.('stderr');
    return await action({ stdout, stderr });
  } finally {
    for (const file of [stdout, stderr]) if (file !== undefined) closeSync(file);
  }
}

/** Reads a pipe, unless the process has something else in its place. `enlarge`: as for `readPipe`. */
export function readUnlessHanded(
  pipe: Pipe,
  file: number | undefined,
  enlarge?: (descriptor: number) => void,
): Socket | undefined {
  if (file === undefined) return readPipe(pipe.read, enlarge);
  closeSync(pipe.read);
  return undefined;
}
