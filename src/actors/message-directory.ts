import { createHash } from 'node:crypto';
import { unlinkSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import type { DirectoryNews, Fault, MessageAnswer, MessageGarbled, MessagesReceived } from '../../machines/index.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { signatureAt, signatureOf } from '../protocol/directory.js';
import { readFileBytes } from '../protocol/file-bytes.js';
import { maxMessageBytes, parseMessage, type ParsedMessage } from '../protocol/message-file.js';
import { DirectoryRounds } from './directory-rounds.js';
import { RejectedMessages } from './rejected-messages.js';

export interface MessageDirectoryHost {
  readonly path: string;
  /** Where messages go that cannot be obeyed. */
  readonly rejected: string;
  /** Milliseconds between two full scans. */
  readonly frequency: number;
  /** Makes sure that no other monitor has the directory that stands at the path now. Throws where one has. */
  readonly take: (path: string) => void;
  /** Why a message may not be obeyed, by whose file it is. */
  readonly refuse: (stats: BigIntStats) => Fault | undefined;
  /** Told once when messages cannot be taken away, and once when they can be again. */
  readonly warn: (problem: string) => void;
}

/** How long a message may be empty or broken before it is rejected: a writer may be at work. In ms. */
const graceMs = 500;
const retryMs = 50;
// The message's own fault, not one of the moment.
const denials = new Set(['EACCES', 'EPERM']);
// Each costs up to a millisecond until it is gone: a crowd of them must not hold up everything else.
const batch = 32;

/** A message that was handed over. */
interface Taken {
  readonly signature: string;
  /** Its inode and what is in it. */
  readonly content: string;
}

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
  readonly #writer: CarefulWriter;
  readonly #rounds: DirectoryRounds;
  readonly #rejected: RejectedMessages;
  /** Messages that were handed over and whose files may still be there: never handed over twice. */
  readonly #taken = new Map<string, Taken>();
  /** Taken messages whose files could not be taken away yet. */
  readonly #owed = new Map<string, MessageAnswer>();
  /** Broken messages that are being given time: as they were seen last, and since when they are so (monotonic ms). */
  readonly #unfinished = new Map<string, { readonly signature: string; readonly since: number }>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(host: MessageDirectoryHost, report: Report) {
    this.#host = host;
    this.#report = report;
    this.#writer = new CarefulWriter(host.path, host.warn);
    this.#rejected = new RejectedMessages(host.rejected);
    const look = (names: readonly string[], whole: boolean) => this.#look(names, whole);
    this.#rounds = new DirectoryRounds({
      path: host.path,
      frequency: host.frequency,
      take: host.take,
      look,
      report,
    });
    this.#rounds.request('all');
  }

  close(): void {
    this.#closed = true;
    this.#rounds.close();
    for (const retry of this.#retries) clearTimeout(retry);
  }

  /** The message was acted on, or never will be: its file goes. */
  settle(answer: MessageAnswer): void {
    const { id, outcome } = answer;
    const path = join(this.#host.path, id);
    const taken = this.#taken.get(id);
    this.#owed.delete(id);
    if (!this.#rounds.stands()) {
      // The directory went away. If it comes back with the message, that is no new one.
      this.#owed.set(id, answer);
      return;
    }
    if (taken === undefined || !isStillThere(path, taken)) {
      // A writer that uses a name twice has put a new message there meanwhile.
      this.#taken.delete(id);
      this.#rounds.request([id]);
      return;
    }
    const isGone = this.#writer.attempt(() => {
      if (outcome.kind === 'rejected') this.#rejected.take(path, id, outcome.error);
      else unlinkSync(path);
    });
    // It stays taken: what cannot be deleted is not obeyed again, until it changes or this monitor ends.
    if (isGone) this.#taken.delete(id);
    else this.#owed.set(id, answer);
  }

  async #look(names: readonly string[], whole: boolean): Promise<void> {
    if (whole) {
      this.#forgetVanished(new Set(names));
      const owed = [...this.#owed.values()];
      for (const answer of owed) this.settle(answer);
    }
    const ids = [...names].sort();
    for (let start = 0; start < ids.length && !this.#closed; start += batch) {
      if (start > 0) await nextTurn();
      this.#lookAt(ids.slice(start, start + batch));
    }
  }

  #lookAt(ids: readonly string[]): void {
    const received: MessagesReceived['messages'][number][] = [];
    for (const id of ids) {
      const read = readFileBytes(join(this.#host.path, id), maxMessageBytes);
      if (read.kind === 'unreadable' && denials.has(read.error.code)) {
        this.#noteDenied(id, read.error);
        continue;
      }
      if (read.kind !== 'bytes') {
        this.#unfinished.delete(id);
        continue;
      }
      const taken = takenOf(read.stats, read.bytes);
      // A writer may still give it another mode, or take away the name under which it wrote: that is no new message.
      if (this.#taken.get(id)?.content === taken.content) continue;
      const refusal = this.#host.refuse(read.stats);
      if (refusal !== undefined) {
        this.#taken.set(id, taken);
        this.#report({ type: 'message.garbled', id, of: {}, error: refusal });
        continue;
      }
      const parsed = parseMessage(read.bytes);
      if (!parsed.ok && parsed.unfinished && this.#mayFinish(id, taken.signature)) continue;
      this.#unfinished.delete(id);
      this.#taken.set(id, taken);
      if (parsed.ok) received.push({ id, message: parsed.message });
      else this.#report(garbled(id, parsed));
    }
    if (received.length > 0) this.#report({ type: 'messages.received', messages: received });
  }

  /** Whoever sent it waits for an answer. It may be that its writer just has not given it its mode yet. */
  #noteDenied(id: string, error: Fault): void {
    const signature = signatureAt(join(this.#host.path, id));
    if (signature === undefined || this.#taken.get(id)?.signature === signature) return;
    if (this.#mayFinish(id, signature)) return;
    this.#unfinished.delete(id);
    this.#taken.set(id, { signature, content: signature });
    this.#report({ type: 'message.garbled', id, of: {}, error });
  }

  #forgetVanished(present: ReadonlySet<string>): void {
    for (const id of this.#taken.keys()) if (!present.has(id)) this.#taken.delete(id);
    for (const id of this.#unfinished.keys()) if (!present.has(id)) this.#unfinished.delete(id);
  }

  #mayFinish(id: string, signature: string): boolean {
    const now = performance.now();
    const before = this.#unfinished.get(id);
    // Each change of the file shows that the writer is still at work, or that it is another one.
    const since = before?.signature === signature ? before.since : now;
    if (now - since >= graceMs) return false;
    this.#unfinished.set(id, { signature, since });
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

function takenOf(stats: BigIntStats, bytes: Buffer): Taken {
  const digest = createHash('sha256').update(bytes).digest('base64');
  return { signature: signatureOf(stats), content: `${stats.dev}:${stats.ino}:${digest}` };
}

function isStillThere(path: string, taken: Taken): boolean {
  if (signatureAt(path) === taken.signature) return true;
  const read = readFileBytes(path, maxMessageBytes);
  // Where it cannot be told it is not handed over twice.
  if (read.kind === 'unreadable') return true;
  if (read.kind !== 'bytes') return false;
  return takenOf(read.stats, read.bytes).content === taken.content;
}
