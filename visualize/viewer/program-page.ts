import type { ProgramView } from '../live-protocol.js';
import { ChartView } from './chart-view.js';
import { arrange, h, mark, say } from './element.js';
import { factList } from './fact-list.js';
import type { Change, Model } from './model.js';
import type { House, Page } from './page.js';
import { passagesOf } from './passages.js';
import { TimeLine } from './time-line.js';
import { elapsedPart, timerOf } from './timers.js';
import { durationText, exitText, stateWord } from './words.js';

const timeLineMs = 500;

/** Everything of one program. */
export class ProgramPage implements Page {
  readonly title: string;
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #house: House;
  readonly #model: Model;
  readonly #pill = h('span', { class: 'pill' });
  readonly #wanted = h('span', { class: 'wanted' });
  readonly #figures = h('dl', { class: 'figures' });
  readonly #error = h('p', { class: 'fault', hidden: true });
  readonly #countdown = h('div', { class: 'countdown', hidden: true });
  readonly #countdownText = h('span', { class: 'countdown-text' });
  readonly #countdownNumber = h('b', { class: 'countdown-number' });
  readonly #gauge = h('i', { class: 'gauge', 'aria-hidden': 'true' });
  readonly #orders = h('div', { class: 'orders' });
  readonly #refused = h('p', { class: 'fault', role: 'alert', hidden: true });
  readonly #chart = new ChartView('program');
  readonly #timeLine = new TimeLine();
  readonly #facts = factList(true);
  readonly #context = h('dl', { class: 'pairs' });
  readonly #config = h('dl', { class: 'pairs' });
  readonly #output = h('pre', { class: 'output', tabindex: 0, role: 'region', 'aria-label': 'Recent output' });
  #timeLineAt = Number.NEGATIVE_INFINITY;

  constructor(name: string, house: House) {
    this.#name = name;
    this.title = name;
    this.#house = house;
    this.#model = house.model;
    const { mode } = house.model;
    this.#countdown.append(this.#countdownText, this.#countdownNumber, this.#gauge);
    const card = (title: string, ...content: HTMLElement[]) =>
      h('section', { class: 'card', 'aria-label': title }, h('h2', {}, title), ...content);
    this.element = h(
      'div',
      { class: 'program' },
      h('a', { class: 'back', href: '#/' }, '← All programs'),
      h(
        'header',
        { class: 'program-head' },
        h('div', { class: 'program-name' }, h('h1', {}, name), this.#pill, this.#wanted),
        this.#orders,
      ),
      this.#refused,
      this.#error,
      this.#figures,
      h(
        'div',
        { class: 'program-columns' },
        h('section', { class: 'card chart-card', 'aria-label': 'Statechart' }, this.#countdown, this.#chart.element),
        h(
          'div',
          { class: 'stack' },
          card('Time line', this.#timeLine.element),
          ...(mode === 'live' ? [card('Output', this.#output)] : []),
          card('What happened', this.#facts.element),
          // No recording has more than what was told to everybody.
          ...(mode === 'replay' ? [] : [card('Its file', this.#config), card('Its memory', this.#context)]),
        ),
      ),
    );
    house.source.watch(name);
    this.#drawProgram();
  }

  update(changes: ReadonlySet<Change>): void {
    if (changes.has('programs') || changes.has('link')) this.#drawProgram();
    if (changes.has('watched')) this.#drawWatched();
    if (changes.has('output')) this.#drawOutput();
  }

  tick(): void {
    const { now, timings } = this.#model;
    const program = this.#model.programs.get(this.#name);
    const timer = program && timings && timerOf(program, timings);
    this.#countdown.hidden = timer === undefined;
    if (timer === undefined) this.#chart.tick(undefined);
    else {
      const part = elapsedPart(timer, now);
      this.#chart.tick(part);
      this.#gauge.style.setProperty('--part', String(part));
      say(this.#countdownText, `${timer.name}: ${timer.leads} in`);
      say(this.#countdownNumber, durationText(timer.due - now));
      mark(this.#countdown, 'data-state', program?.state ?? null);
    }
    if (program) this.#drawFigures(program, now);
    if (performance.now() - this.#timeLineAt < timeLineMs) return;
    this.#timeLineAt = performance.now();
    this.#timeLine.tick(now);
  }

  key(event: KeyboardEvent): boolean {
    if (event.key !== 'Escape') return false;
    location.hash = '#/';
    return true;
  }

  close(): void {
    this.#house.source.watch(undefined);
  }

  #drawProgram(): void {
    const program = this.#model.programs.get(this.#name);
    const { monitor, history } = this.#model;
    const word = program && stateWord(program);
    say(this.#pill, word ?? (monitor === undefined ? '' : 'no such program'));
    mark(this.#pill, 'data-state', word ?? null);
    mark(this.element, 'data-missing', program === undefined && history.length === 0 ? '' : null);
    say(this.#wanted, program?.wanted ? `wanted ${program.wanted}` : '');
    this.#error.hidden = !program?.error;
    if (program?.error) say(this.#error, `${program.error.message} (${program.error.code})`);
    this.#drawOrders(program);
    this.#drawChart();
    this.tick();
  }

  #drawChart(): void {
    const state = this.#model.programs.get(this.#name)?.state ?? undefined;
    this.#chart.show(state, passagesOf(this.#model.history).at(-1));
  }

  #drawFigures(program: ProgramView, now: number): void {
    const { startedAt, pid } = program;
    const figures: readonly (readonly [string, string])[] = [
      ['Uptime', startedAt === null ? '–' : durationText(now - Date.parse(startedAt))],
      ['Pid', pid === null ? '–' : String(pid)],
      ['Restarts', String(program.restarts)],
      ['Instant deaths', String(program.instantDeaths)],
      ['Last exit', exitText(program)],
      ['Next delay', program.restartDelay === null ? '–' : durationText(program.restartDelay)],
    ];
    if (this.#figures.children.length === 0) {
      this.#figures.append(...figures.map(([term]) => h('div', {}, h('dt', {}, term), h('dd', {}))));
    }
    figures.forEach(([, value], i) => {
      const place = this.#figures.children[i]?.lastElementChild;
      if (place) say(place, value);
    });
  }

  #drawWatched(): void {
    const { history, context, config } = this.#model;
    const passages = passagesOf(history);
    this.#timeLine.show(passages);
    this.#timeLineAt = Number.NEGATIVE_INFINITY;
    this.#facts.show(history);
    this.#drawProgram();
    pairs(
      this.#context,
      Object.entries(context).map(([key, value]) => [key, shown(value)]),
    );
    pairs(this.#config, config === null ? [['file', 'none that is good']] : configPairs(config));
  }

  #drawOutput(): void {
    const isAtEnd = this.#output.scrollTop + this.#output.clientHeight >= this.#output.scrollHeight - 8;
    this.#output.replaceChildren(
      ...this.#model.output.map(({ stream, text }) => h('span', { 'data-stream': stream }, `${text}\n`)),
    );
    if (isAtEnd) this.#output.scrollTop = this.#output.scrollHeight;
  }

  #drawOrders(program: ProgramView | undefined): void {
    const words =
      !this.#model.control || program?.state == null ? [] : program.wanted === 'down' ? ['start'] : ['restart', 'stop'];
    const buttons = new Map([...this.#orders.children].map((button) => [button.textContent, button]));
    arrange(
      this.#orders,
      words.map(
        (word) => buttons.get(word) ?? h('button', { type: 'button', click: () => void this.#order(word) }, word),
      ),
    );
    for (const button of this.#orders.children) mark(button, 'disabled', this.#model.link === 'live' ? null : '');
  }

  async #order(word: string): Promise<void> {
    const refusal = await this.#house.source.order(this.#name, word).catch(() => 'the monitor does not answer');
    this.#refused.hidden = refusal === undefined;
    say(this.#refused, refusal ?? '');
  }
}

function configPairs(config: NonNullable<Model['config']>): (readonly [string, string])[] {
  const names = (list: readonly string[]) => (list.length === 0 ? '–' : list.join(', '));
  return [
    ['args', config.args.map((arg) => (/^[\w./:=@%+-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ')],
    ['env', names(config.env)],
    ['env_inherit', names(config.envInherit)],
    ...config.settings.map(({ key, value }) => [key, shown(JSON.parse(value))] as const),
    ...(config.extras.length > 0 ? [['extras', names(config.extras)] as const] : []),
  ];
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map(shown)
    : Object.entries(value).map(([key, of]) => `${key} ${shown(of)}`);
  return parts.length === 0 ? '–' : parts.join(', ');
}

function pairs(list: HTMLElement, entries: readonly (readonly [string, string])[]): void {
  const text = JSON.stringify(entries);
  if (list.dataset['text'] === text) return;
  list.dataset['text'] = text;
  list.replaceChildren(...entries.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
}
