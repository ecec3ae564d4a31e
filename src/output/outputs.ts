import type { Readable } from 'node:stream';

export type StreamName = 'stdout' | 'stderr';

/** Where the output of programs goes. */
export interface Outputs {
  /** Takes over a stream until it ends; it ends when the last process that holds it does. */
  connect(name: string, stream: StreamName, source: Readable): void;
  /** Resolves when all that was said is written; streams that are still open after `deadline` ms are closed. */
  finish(deadline: number): Promise<void>;
  /** Files may have been renamed: open them anew. */
  reopen(): void;
}
