import { join } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { replyFileOf, type Reply } from '../protocol/reply-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { KeptFiles } from '../os/kept-files.js';
import { settle } from './settle.js';

const limits = { count: 1_000, age: 10 * 60_000 };

/** Writes a reply for every message, and keeps those of the last minutes. */
export class ReplyWriter {
  readonly #directory: string;
  readonly #writer: CarefulWriter;
  readonly #owed = new Map<string, Reply>();
  readonly #kept = new KeptFiles(limits, (entry) => [entry]);

  constructor(directory: string, warn: (problem: string) => void) {
    this.#directory = directory;
    this.#writer = new CarefulWriter(directory, warn);
    this.#writer.attempt(() => this.#kept.load(directory, (file) => file));
  }

  observe(fact: Fact): void {
    if (fact.type !== 'message.judged') return;
    const { id, outcome, starts } = fact;
    const at = new Date().toISOString();
    this.#owed.set(id, { version: 1, message: id, outcome, ...(starts && { starts }), at });
    this.#settle();
  }

  /** Writes what could not be written before. */
  check(): void {
    this.#settle();
  }

  #settle(): void {
    for (const [id, reply] of this.#owed) {
      // More would be pruned at once.
      if (this.#owed.size > limits.count) this.#owed.delete(id);
      else if (!this.#writer.attempt(() => settle(this.#owed, id, reply, () => this.#write(reply)))) return;
    }
  }

  #write(reply: Reply): void {
    inRuntimeDirectory(this.#directory, (path) => {
      const file = replyFileOf(reply.message);
      writeFileAtomically(join(path, file), `${JSON.stringify(reply)}\n`);
      this.#kept.add(path, file, Date.now());
    });
  }
}
