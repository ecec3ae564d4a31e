import type { Timings } from '../../machines/index.js';
import type { ProgramView } from '../live-protocol.js';
import { h, mark, say } from './element.js';
import { elapsedPart, timerOf } from './timers.js';
import { durationText, exitText, stateWord } from './words.js';

const quiet = matchMedia('(prefers-reduced-motion: reduce)');

/** A program in the list of all: a link to its own page. */
export class ProgramRow {
  readonly element: HTMLAnchorElement;
  program: ProgramView;
  readonly #state = h('span', { class: 'state' });
  readonly #note = h('span', { class: 'note' });
  readonly #bar = h('i', { class: 'gauge', hidden: true, 'aria-hidden': 'true' });
  readonly #groups = h('span', { class: 'groups' });
  readonly #uptime = h('span', { class: 'number uptime' });
  readonly #restarts = h('span', { class: 'number restarts' });
  readonly #pid = h('span', { class: 'number pid' });

  constructor(program: ProgramView) {
    this.program = program;
    this.element = h(
      'a',
      { class: 'row', href: `#/program/${encodeURIComponent(program.name)}`, 'data-name': program.name },
      this.#state,
      h('span', { class: 'name' }, program.name),
      h('span', { class: 'now' }, this.#note, this.#bar),
      this.#groups,
      this.#uptime,
      this.#restarts,
      this.#pid,
    );
    this.show(program);
  }

  show(program: ProgramView): void {
    const isNew = this.program.state !== program.state;
    this.program = program;
    const word = stateWord(program);
    mark(this.element, 'data-state', word);
    say(this.#state, word);
    say(this.#restarts, String(program.restarts));
    mark(this.#restarts, 'title', `${program.restarts} restarts`);
    mark(this.#restarts, 'data-some', program.restarts > 0 ? '' : null);
    say(this.#pid, program.pid === null ? '–' : String(program.pid));
    const groups = program.group.join('\n');
    if (this.#groups.dataset['groups'] !== groups) {
      this.#groups.dataset['groups'] = groups;
      this.#groups.replaceChildren(...program.group.map((group) => h('span', { class: 'tag' }, group)));
    }
    if (isNew) this.#flash();
  }

  /** What time changes. */
  tick(now: number, timings: Timings): void {
    const { program } = this;
    const { startedAt } = program;
    say(this.#uptime, startedAt === null ? '–' : durationText(now - Date.parse(startedAt)));
    const timer = timerOf(program, timings);
    this.#bar.hidden = timer === undefined;
    if (timer !== undefined) this.#bar.style.setProperty('--part', String(elapsedPart(timer, now)));
    say(this.#note, timer ? `${timer.leads} in ${durationText(timer.due - now)}` : noteOf(program));
    mark(this.#note, 'data-bad', program.error === null ? null : '');
  }

  #flash(): void {
    if (quiet.matches) return;
    const background = 'color-mix(in srgb, var(--fill) 24%, transparent)';
    this.element.animate([{ background }, { background: 'transparent' }], { duration: 1_100, easing: 'ease-out' });
  }
}

/** What there is to say of a program beside its state. */
function noteOf(program: ProgramView): string {
  const { state, wanted, error, lastExit, stragglers } = program;
  if (error !== null) return error.message;
  if (stragglers.length > 0) return `waits for pid ${stragglers.join(', ')}`;
  if (state === 'stopped') return wanted === 'down' ? 'wanted down' : 'not wanted';
  return lastExit === null ? '' : `before: ${exitText(program)}`;
}
