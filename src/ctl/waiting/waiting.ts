import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../../../machines/index.js';
import { ColonyError, errorCodes, type ErrorCode } from '../../errors.js';
import { bootId } from '../../os/boot.js';
import { parseReply, replyFileOf, type Reply } from '../../protocol/reply-file.js';
import { parseRuns } from '../../protocol/run-record.js';
import { runtimePaths, type RuntimePaths } from '../../protocol/runtime-directory.js';
import type { MonitorStatus, ProgramStatus } from '../../protocol/status-file.js';
import { liveMonitor } from '../status/live-monitor.js';
import { sendNothing } from '../orders/messages.js';
import type { Places } from '../places.js';
import { glanceAt, isProgram } from '../programs.js';
import { readStatus, rejectionOf } from '../status/status.js';
import { plightText } from '../story/outlook.js';
import { RuntimeWatch, type Hints } from './runtime-watch.js';
import { spanText } from '../time-texts.js';

/** Within which time the monitor usually has written what it knows. */
const statusMs = 1_000;

/** What a program has to come to: to run, by this start of it or a later one, and with this content of its file. */
export interface Goal {
  readonly name: string;
  readonly starts: number;
  readonly revision?: string | undefined;
  /** Why its file was not in force before this was asked for: still to be read so is no answer. */
  readonly rejectedBefore?: string | undefined;
}

/**
 * Waits for what a monitor makes of something: begun before it is asked for, so that no answer is missed.
 *
 * It knows from replies and status files alone. Every wait throws `ETIMEOUT` with the reason when the time is over,
 * and `ENOMONITOR` when then no monitor runs.
 */
export class Waiting {
  readonly #places: Places;
  readonly #paths: RuntimePaths;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  readonly #watch: RuntimeWatch;

  /** Throws `ENOMONITOR` where none runs. */
  constructor(places: Places, timeoutMs: number) {
    this.#places = places;
    this.#paths = runtimePaths(places.messages);
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
    if (liveMonitor(places) === undefined) throw this.#noMonitor();
    const { root, status, replies } = this.#paths;
    this.#watch = new RuntimeWatch([root, status, replies]);
  }

  close(): void {
    this.#watch.close();
  }

  /** What became of a message. Throws with the code of the reply where it was not obeyed. */
  async reply(id: string): Promise<Reply> {
    const path = join(this.#paths.replies, replyFileOf(id));
    const reply = await this.#until(
      () => parseReply(textOf(path)),
      () => 'the monitor has not answered',
    );
    if (reply.outcome.kind === 'obeyed') return reply;
    const { code, message } = reply.outcome.error;
    throw new ColonyError(code in errorCodes ? (code as ErrorCode) : 'EMESSAGE', message);
  }

  /** The monitor has taken in every file of the config directory as it was before this call. */
  async intake(): Promise<void> {
    await this.reply(sendNothing(this.#places));
  }

  /** Why the file of a program is not in force; a reply may be there before the status that tells. */
  async rejection(name: string): Promise<Fault | undefined> {
    const soon = Math.min(this.#deadline, performance.now() + statusMs);
    return this.#watch.until(() => rejectionOf(this.#places, name), soon);
  }

  /** All of these run. Throws `EDOWN`, `EUNKNOWN`, or the reason why a file was rejected, where one of them never will. */
  async running(goals: readonly Goal[]): Promise<void> {
    const monitor = liveMonitor(this.#places);
    const open = new Map(goals.map((goal) => [goal.name, goal]));
    await this.#until(
      (hints) => {
        const now = liveMonitor(this.#places);
        if (now === undefined) return undefined;
        const names = hints === undefined ? [...open.keys()] : programsIn(hints);
        for (const name of names) {
          const goal = open.get(name);
          if (goal !== undefined && this.#runs(goal, isSame(monitor, now))) open.delete(name);
        }
        return open.size === 0 ? true : undefined;
      },
      () => this.#plights([...open.keys()]),
    );
  }

  /** It is wanted down, and nothing of it is left. Throws `EUNKNOWN` where it is wanted up again. */
  async stopped(name: string): Promise<void> {
    await this.#rest(name, (status) => status?.state === 'stopped' && status.wanted === 'down');
  }

  /** It is known no more, and nothing of it is left. */
  async gone(name: string): Promise<void> {
    await this.#rest(name, (status) => status === undefined);
  }

  async #rest(name: string, isAtRest: (status: ProgramStatus | undefined) => boolean): Promise<void> {
    await this.#until(
      () => {
        if (liveMonitor(this.#places) === undefined) return undefined;
        if (isProgram(this.#places, name) && glanceAt(this.#places, name).wanted === 'up') {
          throw new ColonyError('EUNKNOWN', `${name} is wanted up again`);
        }
        if (!isAtRest(readStatus(this.#paths.status, name))) return undefined;
        // A status is written a moment later; a record of what was started is there before it is.
        return parseRuns(textOf(this.#paths.runs), bootId).last.has(name) ? undefined : true;
      },
      () => this.#plights([name]),
    );
  }

  #runs({ name, starts, revision, rejectedBefore }: Goal, isSameMonitor: boolean): boolean {
    const status = readStatus(this.#paths.status, name);
    // What a later monitor runs it has started after the order.
    if (status?.state === 'running' && (status.starts >= starts || !isSameMonitor)) {
      if (revision === undefined || status.revision === revision) return true;
    }
    if (!isProgram(this.#places, name)) throw new ColonyError('EUNKNOWN', `${name} was removed`);
    if (glanceAt(this.#places, name).wanted === 'down') throw new ColonyError('EDOWN', `${name} is wanted down`);
    const rejected = status?.rejected ?? null;
    if (revision !== undefined && rejected !== null && rejected.message !== rejectedBefore) {
      throw new ColonyError('ESCHEMA', plightText(name, status));
    }
    return false;
  }

  async #until<T>(look: (hints: Hints) => T | undefined, reason: () => string): Promise<T> {
    const found = await this.#watch.until(look, this.#deadline);
    if (found !== undefined) return found;
    if (liveMonitor(this.#places) === undefined) throw this.#noMonitor();
    throw new ColonyError('ETIMEOUT', `after ${spanText(this.#timeoutMs)}: ${reason()}`);
  }

  #plights(names: readonly string[]): string {
    const shown = names.slice(0, 3).map((name) => plightText(name, readStatus(this.#paths.status, name)));
    return [...shown, ...(names.length > 3 ? [`and ${names.length - 3} more`] : [])].join('; ');
  }

  #noMonitor(): ColonyError {
    return new ColonyError('ENOMONITOR', `no monitor runs on ${this.#places.messages}`);
  }
}

function isSame(one: MonitorStatus | undefined, other: MonitorStatus): boolean {
  return one === undefined || (one.pid === other.pid && one.startTime === other.startTime);
}

const programsIn = (hints: ReadonlySet<string>) => [...hints].map((file) => file.replace(/\.json$/, ''));

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
