import type { Exit, Fault, ProgramState } from '../../../machines/index.js';
import type { HistoryEntry } from '../../protocol/history-file.js';
import { pidsText } from '../plurals.js';
import { spanText } from '../time-texts.js';

/** Something that happened, in words. */
export interface StoryLine {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}

/** What a history says, in words. */
export interface Story {
  /** The oldest first. */
  readonly lines: readonly StoryLine[];
  /** Where the program was at its end; `null`: that is not known. */
  readonly state: ProgramState | null;
  /** Why it came there. */
  readonly cause: string;
  /** Where killing leads when the program is wanted up. */
  readonly next: 'start' | 'back-off';
  /** How the last monitor ended, if it did not simply run on. */
  readonly monitor: 'stopped' | 'going on';
}

type Entry<Type extends HistoryEntry['type'] = HistoryEntry['type']> = Extract<HistoryEntry, { readonly type: Type }>;

/** An entry that may be the cause of the next transition. */
type Cause = Entry<
  'program.died' | 'program.failed' | 'config.added' | 'config.changed' | 'config.removed' | 'message.judged'
>;

/** Tells a history: each transition in one line with its cause. */
export function tellStory(entries: readonly HistoryEntry[]): Story {
  const teller = new Teller();
  for (const entry of entries) teller.hear(entry);
  return teller.story();
}

class Teller {
  readonly #lines: StoryLine[] = [];
  /** Causes that have had no effect yet. */
  #pending: Cause[] = [];
  #state: ProgramState | null = null;
  #cause = '';
  #next: Story['next'] = 'start';
  #delay = 0;
  /** Whether the file changed since the present process was started. */
  #isChanged = false;
  /** `since` of the monitor that runs at this point. */
  #monitor: string | undefined;

  story(): Story {
    this.#sayPending();
    return {
      lines: this.#lines,
      state: this.#state,
      cause: this.#cause,
      next: this.#next,
      monitor: this.#monitor === undefined ? 'stopped' : 'going on',
    };
  }

  hear(entry: HistoryEntry): void {
    switch (entry.type) {
      case 'program.starting':
        return this.#enter('starting', entry, this.#causeOf(entry));
      case 'program.running':
        return this.#enter('running', entry, 'outlived the threshold');
      case 'program.backing-off':
        this.#delay = entry.delay;
        return this.#enter('backing-off', entry, this.#backOffCause(entry));
      case 'program.killing': {
        const isDeath = entry.because === 'process.exited' || entry.because.startsWith('xstate.error');
        this.#next = isDeath && this.#state !== 'running' ? 'back-off' : 'start';
        const means = `${entry.signal} sent, SIGKILL in ${spanText(entry.killtime)}`;
        return this.#enter('killing', entry, this.#causeOf(entry), means);
      }
      case 'program.stopped':
        return this.#enter('stopped', entry, this.#causeOf(entry));

      case 'config.changed':
        this.#isChanged = true;
        this.#next = 'start';
        return void this.#pending.push(entry);
      case 'message.judged':
        if (entry.error === null && !entry.asked.startsWith('SIG')) this.#next = 'start';
        return void this.#pending.push(entry);
      case 'config.added':
        this.#state ??= 'stopped';
        return void this.#pending.push(entry);
      case 'config.removed':
      case 'program.died':
      case 'program.failed':
        return void this.#pending.push(entry);

      case 'program.started':
        this.#isChanged = false;
        return this.#say(entry, `started: pid ${entry.pid}, run ${entry.run}`);
      case 'program.lingering':
        return this.#say(entry, `its stop waits for ${pidsText(entry.pids)}`);
      case 'program.killed':
        return this.#say(entry, 'SIGKILL sent');
      case 'program.stuck':
        return this.#say(entry, entry.error.message);
      case 'program.defect':
        return this.#say(entry, `a defect of the monitor, it is brought back: ${entry.error.message}`);
      case 'config.rejected': {
        const kept = entry.running ? 'its last good version stays in force' : 'nothing runs of it';
        return this.#say(entry, `file rejected: ${faultText(entry.error)}; ${kept}`);
      }
      case 'config.healed':
        return this.#say(entry, 'its file is good again, or gone');
      case 'config.warned':
        return this.#say(entry, `warning: ${entry.warning}`);
      case 'history.gap':
        return this.#say(entry, 'more happened before this, which could not be written down');

      case 'monitor.started':
        return this.#monitorStarted(entry);
      case 'supervisor.gave-up':
        return this.#say(entry, `monitor gives up: ${entry.error.message}`);
      case 'supervisor.stopping':
        return this.#say(entry, 'monitor is stopping everything');
      case 'supervisor.stopped':
        this.#monitor = undefined;
        return this.#say(entry, 'monitor stopped');
      case 'directory.lost':
        return this.#say(entry, `${entry.path} cannot be read, what was in it stays in force: ${entry.error.message}`);
      case 'directory.found':
        return this.#say(entry, `${entry.path} can be read again`);
    }
  }

  // Its directory may have been removed under it, and then it says once more that it is there.
  #monitorStarted(entry: Entry<'monitor.started'>): void {
    if (this.#monitor === entry.since) return;
    if (this.#monitor !== undefined) this.#say(entry, 'monitor was killed, some time before this');
    this.#monitor = entry.since;
    if (this.#state !== null) this.#state = 'stopped';
    this.#say(entry, `monitor started (pid ${entry.pid})`);
  }

  #enter(state: ProgramState, entry: HistoryEntry, cause: string, ...more: readonly string[]): void {
    this.#say(entry, `${this.#state === null ? '' : `${this.#state} `}→ ${state}: ${[cause, ...more].join('; ')}`);
    this.#state = state;
    this.#cause = cause;
  }

  #say({ at }: HistoryEntry, text: string): void {
    this.#sayPending();
    this.#lines.push({ at, text });
  }

  /** What had no effect is told by itself. */
  #sayPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const cause of pending) this.#lines.push({ at: cause.at, text: causeText(cause) });
  }

  /** Takes the cause that a transition speaks of out of the pending ones. */
  #take<Type extends Cause['type']>(
    type: Type,
    isMeant: (cause: Entry<Type>) => boolean = () => true,
  ): Entry<Type> | undefined {
    const index = this.#pending.findLastIndex((cause) => cause.type === type && isMeant(cause as Entry<Type>));
    return index < 0 ? undefined : (this.#pending.splice(index, 1)[0] as Entry<Type>);
  }

  #causeOf({
    because,
    by,
    keys,
  }: Entry<'program.starting' | 'program.killing' | 'program.stopped' | 'program.backing-off'>): string {
    switch (because) {
      case 'process.exited': {
        const died = this.#take('program.died');
        const text = died ? causeText(died) : because;
        return `${text}; file ${this.#isChanged ? 'changed' : 'unchanged'}`;
      }
      case 'process.failed': {
        const failed = this.#take('program.failed');
        return failed ? causeText(failed) : because;
      }
      case 'process.gone':
        return 'nothing of it is left';
      case 'program.configure': {
        const cause = keys === undefined ? this.#take('config.added') : this.#take('config.changed');
        return cause ? causeText(cause) : 'its file says so';
      }
      case 'program.restart':
      case 'program.start': {
        const judged = this.#take('message.judged', ({ id }) => id === by);
        if (judged) return causeText(judged);
        return `${because.slice('program.'.length)} asked for${by === undefined ? '' : ` by message ${by}`}`;
      }
      case 'program.stop':
        return this.#stopCause(by);
      case 'program.reap':
        return 'what an earlier monitor left running is ended first';
      default:
        if (because.startsWith('xstate.after.restartDelay')) return `waited ${spanText(this.#delay)}`;
        return because.startsWith('xstate.error') ? this.#defectCause() : because;
    }
  }

  #defectCause(): string {
    const failed = this.#take('program.failed');
    return failed ? `a defect of the monitor: ${failed.error.message}` : 'a defect of the monitor';
  }

  #stopCause(by: string | undefined): string {
    if (by === 'shutdown') return 'the monitor is stopping';
    if (by !== 'removed') return by === undefined ? 'stop asked for' : `stop asked for by message ${by}`;
    this.#take('config.removed');
    return 'its file is gone';
  }

  #backOffCause(entry: Entry<'program.backing-off'>): string {
    const { because, delay, instantDeaths, instantDeathsInRow: inRow } = entry;
    const next = `next start in ${spanText(delay)}`;
    const cause = this.#causeOf(entry);
    // Failed starts are no deaths, but they count in the row.
    if (because === 'process.failed') return `${cause}; failure ${inRow} in a row, ${next}`;
    if (inRow > instantDeaths) return `instant death, failure ${inRow} in a row, ${next}; ${cause}`;
    return `instant death ${inRow} of ${instantDeaths}, ${next}; ${cause}`;
  }
}

function causeText(cause: Cause): string {
  switch (cause.type) {
    case 'program.died': {
      const age = cause.lived === undefined ? '' : ` after ${spanText(cause.lived)}`;
      const outlived = cause.stragglers.length === 0 ? '' : `, outlived by ${pidsText(cause.stragglers)}`;
      return `process.exited (${exitText(cause.exit)})${age}${outlived}`;
    }
    case 'program.failed':
      return `process.failed (${faultText(cause.error)})`;
    case 'config.added':
      return 'its file was found';
    case 'config.removed':
      return 'its file is gone';
    case 'config.changed':
      return changeText(cause);
    case 'message.judged':
      return messageText(cause);
  }
}

function changeText({ keys, wanted }: Entry<'config.changed'>): string {
  const others = keys.filter((key) => key !== 'ncolony.wanted');
  return [
    ...(others.length < keys.length ? [`${wanted === 'down' ? 'stop' : 'start'} asked for in the file`] : []),
    ...(others.length > 0 ? [`config changed: ${others.join(', ')}`] : []),
  ].join('; ');
}

function messageText({ id, asked, error }: Entry<'message.judged'>): string {
  const [what = ''] = asked.startsWith('SIG') ? [asked] : asked.toLowerCase().split('-');
  const many = asked.includes('-') ? ` (${asked})` : '';
  return `${what} asked for by message ${id}${many}${error === null ? '' : `, not obeyed: ${faultText(error)}`}`;
}

export const exitText = ({ code, signal }: Exit): string => (signal === null ? `code ${code}` : `signal ${signal}`);

export const faultText = ({ code, message }: Fault): string => `${code}: ${message}`;
