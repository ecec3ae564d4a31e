import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { replyFileOf, type Reply } from '../protocol/reply-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import { CarefulWriter } from '../os/careful-writer.js';

const kept = 1_000;
const keptMs = 10 * 60_000;

/** Writes a reply for every message, and keeps those of the last minutes. */
export class ReplyWriter {
  readonly #directory: string;
  readonly #writer: CarefulWriter;
  readonly #owed = new Map<string, Reply>();
  readonly #written: { readonly id: string; readonly at: number }[] = [];

  constructor(directory: string, warn: (problem: string) => void) {
    this.#directory = directory;
    this.#writer = new CarefulWriter(directory, warn);
    this.#writer.attempt(() => {
      for (const name of readdirSync(directory)) {
        const at = statSync(join(directory, name)).mtimeMs;
        this.#written.push({ id: name.replace(/\.json$/, ''), at });
      }
      this.#written.sort((a, b) => a.at - b.at);
    });
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
      if (this.#owed.size <= kept && !this.#writer.attempt(() => this.#write(reply))) return;
      this.#owed.delete(id);
    }
  }

  #write(reply: Reply): void {
    const now = Date.now();
    inRuntimeDirectory(this.#directory, (path) => {
      writeFileAtomically(join(path, replyFileOf(reply.message)), `${JSON.stringify(reply)}\n`);
      this.#written.push({ id: reply.message, at: now });
      this.#prune(path, now);
    });
  }

  #prune(directory: string, now: number): void {
    for (let oldest = this.#written[0]; oldest !== undefined; oldest = this.#written[0]) {
      if (this.#written.length <= kept && now - oldest.at < keptMs) return;
      this.#written.shift();
      rmSync(join(directory, replyFileOf(oldest.id)), { force: true });
    }
  }
}
