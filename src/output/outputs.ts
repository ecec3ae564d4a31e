import type { Readable } from 'node:stream';
import type { LogManner } from '../protocol/log-settings.js';

export type StreamName = 'stdout' | 'stderr';

/** Where the output of programs goes. */
export interface Outputs {
  /**
   * What the process gets in place of a pipe: the descriptor of an open file, which is the caller's to close.
   * `undefined`: a pipe, to be connected.
   */
  handOver(name: string, stream: StreamName, manner: LogManner): number | undefined;
  /** Takes over a stream until it ends; it ends when the last process that holds it does. */
  connect(name: string, stream: StreamName, source: Readable, manner: LogManner): void;
  /** Resolves when all that was said is written; streams that are still open after `deadline` ms are closed. */
  finish(deadline: number): Promise<void>;
  /** Files may have been renamed: open them anew. */
  reopen(): void;
}

/** Where one stream goes, by what the program's file says. */
export function placeOf(stream: StreamName, { to, stderr }: LogManner): LogManner['to'] {
  if (stream === 'stdout' || stderr === 'same') return to;
  if (stderr === 'none') return 'none';
  return to === 'none' ? 'file' : to;
}
