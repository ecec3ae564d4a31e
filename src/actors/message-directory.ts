import { renameSync, unlinkSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { nanoid } from 'nanoid';
import { fromCallback } from 'xstate';
import type { DirectoryNews, Fault, MessageAnswer, MessageGarbled, MessagesReceived } from '../../machines/index.js';
import { systemCode } from '../errors.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { fileSignature, signatureOf } from '../protocol/directory.js';
import { readFileBytes } from '../protocol/file-bytes.js';
import { maxMessageBytes, parseMessage, type ParsedMessage } from '../protocol/message-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import { DirectoryRounds } from './directory-rounds.js';

export interface MessageDirectoryHost {
  readonly path: string;
  /** Where messages go that cannot be obeyed. */
  readonly rejected: string;
  /** Milliseconds between two full scans. */
  readonly frequency: number;
  /** Why a message may not be obeyed, by whose file it is. */
  readonly refuse: (stats: BigIntStats) => Fault | undefined;
}

/** How long a message may be empty or broken before it is rejected: a writer may be at work. In ms. */
const graceMs = 500;
const retryMs = 50;

type Report = (event: MessagesReceived | MessageGarbled | DirectoryNews) => void;

/** The real messages actor: one directory, one JSON file a request, consumed in name order: acted on, then deleted. */
export function createMessageDirectoryActor(host: MessageDirectoryHost) {
  return fromCallback<MessageAnswer>(({ sendBack, receive }) => {
    const directory = new MessageDirectory(host, sendBack);
    receive((answer) => directory.settle(answer));
    return () => directory.close();
  });
}

class MessageDirectory {
  readonly #host: MessageDirectoryHost;
  readonly #report: Report;
  readonly #rounds: DirectoryRounds;
  /** Messages that were handed over and whose files may still be there: never handed over twice. */
  readonly #taken = new Map<string, string>();
  /** Since when a broken message is being given time. */
  readonly #unfinished = new Map<string, number>();
  readonly #retries = new Set<NodeJS.Timeout>();

  constructor(host: MessageDirectoryHost, report: Report) {
    this.#host = host;
    this.#report = report;
    const look = async (names: readonly string[], whole: boolean) => this.#look(names, whole);
    this.#rounds = new DirectoryRounds({ path: host.path, frequency: host.frequency, look, report });
    this.#rounds.request('all');
  }

  close(): void {
    this.#rounds.close();
    for (const retry of this.#retries) clearTimeout(retry);
  }

  /** The message was acted on, or never will be: its file goes. */
  settle({ id, outcome }: MessageAnswer): void {
    const path = join(this.#host.path, id);
    // A writer that uses a name twice has put a new message there meanwhile.
    if (fileSignatureOrNone(path) !== this.#taken.get(id)) {
      this.#taken.delete(id);
      this.#rounds.request([id]);
      return;
    }
    try {
      if (outcome.kind === 'rejected') this.#reject(path, id, outcome.error);
      else unlinkSync(path);
      this.#taken.delete(id);
    } catch (error) {
      // It stays taken: what cannot be deleted is not obeyed again, until it changes or this monitor ends.
      if (systemCode(error) === 'ENOENT') this.#taken.delete(id);
    }
  }

  #reject(path: string, id: string, error: Fault): void {
    inRuntimeDirectory(this.#host.rejected, (directory) => {
      const kept = join(directory, `${id}.${nanoid(8)}`);
      renameSync(path, kept);
      writeFileAtomically(`${kept}.reason`, `${JSON.stringify({ version: 1, message: id, error })}\n`);
    });
  }

  #look(names: readonly string[], whole: boolean): void {
    if (whole) this.#forgetVanished(new Set(names));
    const received: MessagesReceived['messages'][number][] = [];
    for (const id of [...names].sort()) {
      const read = readFileBytes(join(this.#host.path, id), maxMessageBytes);
      if (read.kind !== 'bytes') continue;
      const signature = signatureOf(read.stats);
      if (this.#taken.get(id) === signature) continue;
      const refusal = this.#host.refuse(read.stats);
      if (refusal !== undefined) {
        this.#taken.set(id, signature);
        this.#report({ type: 'message.garbled', id, of: {}, error: refusal });
        continue;
      }
      const parsed = parseMessage(read.bytes);
      if (!parsed.ok && parsed.unfinished && this.#mayFinish(id)) continue;
      this.#unfinished.delete(id);
      this.#taken.set(id, signature);
      if (parsed.ok) received.push({ id, message: parsed.message });
      else this.#report(garbled(id, parsed));
    }
    if (received.length > 0) this.#report({ type: 'messages.received', messages: received });
  }

  #forgetVanished(present: ReadonlySet<string>): void {
    for (const id of this.#taken.keys()) if (!present.has(id)) this.#taken.delete(id);
    for (const id of this.#unfinished.keys()) if (!present.has(id)) this.#unfinished.delete(id);
  }

  #mayFinish(id: string): boolean {
    const now = performance.now();
    const since = this.#unfinished.get(id) ?? now;
    if (now - since >= graceMs) return false;
    this.#unfinished.set(id, since);
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#rounds.request([id]);
    }, retryMs);
    this.#retries.add(retry);
    return true;
  }
}

function garbled(id: string, { error, type, name }: Extract<ParsedMessage, { ok: false }>): MessageGarbled {
  return {
    type: 'message.garbled',
    id,
    error,
    of: { ...(type !== undefined && { type }), ...(name !== undefined && { name }) },
  };
}

function fileSignatureOrNone(path: string): string | undefined {
  try {
    return fileSignature(path);
  } catch {
    return undefined;
  }
}
