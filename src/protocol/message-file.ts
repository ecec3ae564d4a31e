import { z } from 'zod';
import type { Fault, Message } from '../../machines/index.js';
import { decodeJson } from './json-bytes.js';
import { schemaFault } from './schema-fault.js';
import { signalNamed } from './signal-names.js';

/** The largest message, in bytes. */
export const maxMessageBytes = 64 * 1024;

const name = z.string();
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('RESTART'), name }),
  z.object({ type: z.literal('RESTART-ALL') }),
  z.object({ type: z.literal('RESTART-GROUP'), group: z.string() }),
  z.object({ type: z.literal('START'), name }),
  z.object({ type: z.literal('SIGNAL'), name, signal: z.string() }),
]);

export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  /** `type` and `name` as far as they can be told, for the log: never the body. */
  | {
      readonly ok: false;
      readonly error: Fault;
      readonly unfinished: boolean;
      readonly type?: string;
      readonly name?: string;
    };

/** Parses a message file. Never throws; codes: those of `decodeJson`, and `EMESSAGE`. */
export function parseMessage(bytes: Buffer): ParsedMessage {
  const decoded = decodeJson(bytes, maxMessageBytes);
  if (!decoded.ok) return decoded;
  const parsed = messageSchema.safeParse(decoded.value);
  if (parsed.success && parsed.data.type !== 'SIGNAL') return { ok: true, message: parsed.data };
  if (parsed.success && parsed.data.type === 'SIGNAL') {
    const signal = signalNamed(parsed.data.signal);
    if (signal !== undefined) return { ok: true, message: { ...parsed.data, signal } };
  }
  return { ok: false, unfinished: false, ...hints(decoded.value), error: { code: 'EMESSAGE', message: fault(parsed) } };
}

function fault(parsed: z.ZodSafeParseResult<unknown>): string {
  const issue = parsed.success ? undefined : parsed.error.issues[0];
  if (issue === undefined) return 'signal: not the name of a signal';
  if (issue.path[0] === 'type') return 'type: not a type of message that ncolony knows';
  return issue.path.length === 0 ? 'not a message' : schemaFault(issue);
}

function hints(value: unknown): { type?: string; name?: string } {
  if (typeof value !== 'object' || value === null) return {};
  const word = (key: string) => {
    const member: unknown = Reflect.get(value, key);
    return typeof member === 'string' ? { [key]: member.slice(0, 200) } : {};
  };
  return { ...word('type'), ...word('name') };
}
