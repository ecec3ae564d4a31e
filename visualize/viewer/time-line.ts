import { arrange, h, s, say } from './element.js';
import type { Passage } from './passages.js';
import { durationText } from './words.js';

const spans = [
  ['1 min', 60_000, '30 s'],
  ['10 min', 600_000, '5 min'],
  ['1 h', 3_600_000, '30 min'],
] as const;

const width = 1000;
const height = 28;

/** The states of a program along time, up to now. */
export class TimeLine {
  readonly element: HTMLElement;
  readonly #chart = s('svg', {
    class: 'time-line',
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
  });
  readonly #axis = h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span'), h('span'), h('span', {}, 'now'));
  #passages: readonly Passage[] = [];
  #span: number = spans[0][1];

  constructor() {
    const buttons = spans.map(([text, span]) => {
      const button = h(
        'button',
        { type: 'button', 'aria-pressed': span === this.#span, click: () => this.#choose(span) },
        text,
      );
      button.dataset['span'] = String(span);
      return button;
    });
    this.element = h(
      'div',
      {},
      h('div', { class: 'segmented', role: 'group', 'aria-label': 'How far back' }, ...buttons),
      this.#chart,
      this.#axis,
    );
  }

  show(passages: readonly Passage[]): void {
    this.#passages = passages;
  }

  tick(now: number): void {
    const from = now - this.#span;
    const scale = (at: number) => ((at - from) / this.#span) * width;
    const stays = this.#passages.flatMap((passage, i) => {
      const end = this.#passages[i + 1]?.at ?? now;
      if (end < from) return [];
      const x = Math.max(0, scale(passage.at));
      const title = s('title', {}, `${passage.state}, ${durationText(end - passage.at)}`);
      const w = Math.max(1.5, scale(end) - x);
      return [s('rect', { x, y: 0, width: w, height, 'data-state': passage.state }, title)];
    });
    arrange(this.#chart, stays);
    const [all, , half] = spans.find(([, span]) => span === this.#span) ?? spans[0];
    this.#chart.setAttribute('aria-label', `${stays.length} stays in the last ${all}`);
    const [first, middle] = this.#axis.children;
    if (first) say(first, `−${all}`);
    if (middle) say(middle, `−${half}`);
  }

  #choose(span: number): void {
    this.#span = span;
    for (const button of this.element.querySelectorAll<HTMLElement>('button')) {
      button.setAttribute('aria-pressed', String(button.dataset['span'] === String(span)));
    }
  }
}
