import type { Outcome } from '../../machines/index.js';

/** `replies/ID.json`: what became of the message whose file was called ID. */
export interface Reply {
  readonly version: 1;
  readonly message: string;
  readonly outcome: Outcome;
  /** By which start of each of the programs that it was obeyed for it is done, in their order. */
  readonly starts?: readonly number[];
  /** ISO 8601. */
  readonly at: string;
}

/** The name under `replies/`. */
export const replyFileOf = (id: string): string => `${id}.json`;

/** `undefined` where it is torn or of another version. */
export function parseReply(text: string): Reply | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isReply = typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
    return isReply ? (value as Reply) : undefined;
  } catch {
    return undefined;
  }
}
