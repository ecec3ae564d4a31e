import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Message, Outcome } from '../../../machines/index.js';
import { writeFileAtomically } from '../../../src/protocol/atomic-file.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import type { ProgramStatus } from '../../../src/protocol/status-file.js';
import { emptyColony } from '../scratch.js';
import { statusOf } from './rows.js';

const ownStartTime = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[19]);

/** A colony whose monitor is played by the test, in this very process: it writes what a monitor would. */
export class PlayedMonitor {
  readonly places = emptyColony();
  readonly #paths = runtimePaths(this.places.messages);

  constructor() {
    this.prepares();
  }

  prepares(): this {
    prepareRuntimeDirectory(this.#paths);
    return this;
  }

  /** It runs, from now on. */
  runs(changes: object = {}): this {
    const own = {
      version: 1,
      pid: process.pid,
      startTime: ownStartTime,
      since: 'then',
      frequency: 10_000,
      ncolony: '1',
      ...changes,
    };
    writeFileAtomically(this.#paths.monitor, JSON.stringify(own));
    return this;
  }

  dies(): this {
    rmSync(this.#paths.monitor, { force: true });
    return this;
  }

  file(name: string, content: object = { args: ['cat'] }): this {
    writeFileSync(join(this.places.config, name), JSON.stringify(content));
    return this;
  }

  hasFile(name: string): boolean {
    return existsSync(join(this.places.config, name));
  }

  tells(name: string, changes: Partial<ProgramStatus> = {}): this {
    const status = { version: 1, ...statusOf({ name, ...changes }) };
    writeFileAtomically(join(this.#paths.status, `${name}.json`), JSON.stringify(status));
    return this;
  }

  forgets(name: string): this {
    rmSync(join(this.#paths.status, `${name}.json`), { force: true });
    return this;
  }

  /** What is on record as started, or that it is over. */
  records(line: object): this {
    writeFileSync(this.#paths.runs, `${JSON.stringify(line)}\n`, { flag: 'a' });
    return this;
  }

  get messages(): string[] {
    return readdirSync(this.places.messages).filter((name) => !name.startsWith('.'));
  }

  /** Answers the next messages, each as it says. */
  answers(answer: (message: Message) => { readonly outcome: Outcome; readonly starts?: readonly number[] }): this {
    const look = () => {
      for (const id of this.messages.filter((name) => !name.endsWith('.new'))) {
        const path = join(this.places.messages, id);
        const reply = { version: 1, message: id, at: '', ...answer(JSON.parse(readFileSync(path, 'utf8')) as Message) };
        unlinkSync(path);
        writeFileAtomically(join(this.#paths.replies, `${id}.json`), JSON.stringify(reply));
      }
    };
    const watcher = watch(this.places.messages, look);
    onTestFinished(() => watcher.close());
    return this;
  }
}
