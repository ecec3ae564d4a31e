import { h, mark, s } from './element.js';
import type { Passage } from './passages.js';

/** A statechart as it was drawn from its machine, with the active state lit and the last transition on its way. */
export class ChartView {
  readonly element = h('div', { class: 'chart-frame', tabindex: 0, role: 'region', 'aria-label': 'Statechart' });
  readonly #timer = s('rect', { class: 'chart-timer', height: 3, rx: 1.5, 'aria-hidden': 'true' });
  #state: string | undefined;
  #passage: Passage | undefined;
  #part: number | undefined;
  #isCentred = false;

  constructor(machine: string) {
    void this.#load(machine);
  }

  show(state: string | undefined, passage: Passage | undefined): void {
    const isNew = passage !== undefined && this.#passage?.at !== passage.at;
    const isFirst = this.#passage === undefined;
    this.#state = state;
    this.#passage = passage;
    this.#draw(isNew && !isFirst);
  }

  /** How much of the timer of the active state is over; `undefined`: it has none. */
  tick(part: number | undefined): void {
    this.#part = part;
    this.#drawTimer();
  }

  async #load(machine: string): Promise<void> {
    const response = await fetch(`/diagrams/${machine}.svg`);
    // The page has a style of its own for it, and may not use any that is written in what it loads.
    const text = (await response.text()).replace(/<style>.*?<\/style>/s, '');
    const drawn = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    this.element.replaceChildren(document.importNode(drawn, true));
    this.#draw(false);
  }

  #draw(isMoving: boolean): void {
    const passage = this.#passage;
    for (const state of this.element.querySelectorAll<SVGElement>('.state')) {
      mark(state, 'data-active', state.dataset['state'] === this.#state ? '' : null);
    }
    for (const way of this.element.querySelectorAll<SVGElement>('.way, .label')) {
      const { from, to } = way.dataset;
      const isLast = passage !== undefined && from === passage.from && to === passage.state;
      mark(way, 'data-last', isLast ? passage.state : null);
      for (const event of way.querySelectorAll<SVGElement>('.event')) {
        const events = event.dataset['events']?.split(' | ') ?? [];
        mark(event, 'data-last', isLast && passage.event !== undefined && events.includes(passage.event) ? '' : null);
      }
      if (!isLast || isMoving) way.classList.remove('moving');
      if (isLast && isMoving) {
        // Asked for, so that the animation begins anew.
        void way.getBoundingClientRect();
        way.classList.add('moving');
      }
    }
    if (isMoving || !this.#isCentred) this.#centre();
    this.#drawTimer();
  }

  /** Where the chart is larger than its frame, the active state is what one wants to see. */
  #centre(): void {
    const active = this.element.querySelector('.state[data-active]')?.getBoundingClientRect();
    if (active === undefined) return;
    this.#isCentred = true;
    const frame = this.element.getBoundingClientRect();
    this.element.scrollBy(
      active.left + active.width / 2 - (frame.left + frame.width / 2),
      active.top + active.height / 2 - (frame.top + frame.height / 2),
    );
  }

  #drawTimer(): void {
    const active = this.element.querySelector<SVGElement>('.state[data-active]');
    const box = active?.querySelector('rect:not(.chart-timer)');
    if (!active || !box || this.#part === undefined) return this.#timer.remove();
    const width = Number(box.getAttribute('width')) - 32;
    mark(this.#timer, 'x', '16');
    mark(this.#timer, 'y', String(Number(box.getAttribute('height')) - 9));
    mark(this.#timer, 'width', String(Math.max(0, width * (1 - this.#part))));
    if (this.#timer.parentNode !== active) active.append(this.#timer);
  }
}
