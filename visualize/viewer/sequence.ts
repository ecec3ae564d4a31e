import type { Flow } from '../live-protocol.js';
import { h, s } from './element.js';
import { inChart } from './passages.js';
import { timeText } from './words.js';

const mostShown = 36;
const column = 156;
const step = 30;
const left = 86;

const narrow = matchMedia('(max-width: 560px)');

/** How near to the outside world an actor is: lifelines stand in this order, what belongs to a program beside it. */
const ranks = [/^world$/, /^[^/]+\/(?:signals|config|messages)$/, /^supervisor$/, /\/ward\/\d+$/, /./];

/** The last messages as a sequence diagram: a line of life for each who spoke or was spoken to. */
export class Sequence {
  readonly element: HTMLElement;
  readonly #heads = h('div', { class: 'lifelines', 'aria-hidden': 'true' });
  readonly #body = h('div', { class: 'sequence-body' });

  constructor() {
    this.element = h(
      'div',
      { class: 'sequence', tabindex: 0, role: 'region', 'aria-label': 'Messages between actors' },
      this.#heads,
      this.#body,
    );
  }

  show(flows: readonly Flow[]): void {
    const shown = flows.slice(-mostShown);
    const isAtEnd = this.element.scrollTop + this.element.clientHeight >= this.element.scrollHeight - 24;
    this.#heads.hidden = narrow.matches || shown.length === 0;
    if (shown.length === 0) this.#sayNothing();
    else if (narrow.matches) this.#list(shown);
    else this.#draw(shown);
    if (isAtEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  #sayNothing(): void {
    this.#body.style.width = 'auto';
    this.#body.replaceChildren(h('p', { class: 'empty' }, 'Nothing was said since you came.'));
  }

  /** Where there is no room for lines of life. */
  #list(shown: readonly Flow[]): void {
    const row = ({ at, from, to, event }: Flow) =>
      h(
        'li',
        { class: 'flow' },
        h('time', {}, timeText(at)),
        h('b', { class: 'what' }, inChart(event)),
        h('span', {}, `${nameOf(from)} → ${nameOf(to)}`),
      );
    this.#body.style.width = 'auto';
    this.#body.replaceChildren(h('ol', { class: 'flow-list' }, ...shown.map(row)));
  }

  #draw(shown: readonly Flow[]): void {
    const lines = [...new Set(shown.flatMap(({ from, to }) => [from, to]))].toSorted(
      (a, b) => rankOf(a) - rankOf(b) || (placeOf(a) < placeOf(b) ? -1 : 1),
    );
    const x = new Map(lines.map((line, i) => [line, left + column * i + column / 2]));
    const width = left + column * Math.max(1, lines.length);
    const height = step * shown.length + 16;
    this.#heads.style.width = this.#body.style.width = `${width}px`;
    this.#heads.replaceChildren(
      ...lines.map((line) => {
        const head = h('span', { title: line }, nameOf(line));
        head.style.left = `${(x.get(line) ?? 0) - column / 2 + 4}px`;
        head.style.width = `${column - 8}px`;
        return head;
      }),
    );
    const drawing = s(
      'svg',
      {
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': `The last ${shown.length} messages`,
      },
      ...lines.map((line) => s('line', { class: 'lifeline', x1: x.get(line), x2: x.get(line), y1: 0, y2: height })),
      ...shown.map((flow, i) => message(flow, x.get(flow.from) ?? 0, x.get(flow.to) ?? 0, step * (i + 1))),
    );
    this.#body.replaceChildren(drawing);
  }
}

function message({ at, from, to, event }: Flow, x1: number, x2: number, y: number): SVGElement {
  const text = inChart(event);
  const time = s('text', { class: 'when', x: 8, y: y + 3 }, timeText(at));
  if (from === to || x1 === x2) {
    return s(
      'g',
      { class: 'flow' },
      time,
      s('path', { d: `M${x1} ${y - 6}h22v12h-19`, class: 'to-self' }),
      tip(x1 + 2, y + 6, -1),
      s('text', { class: 'what', x: x1 + 28, y: y + 3 }, text),
    );
  }
  const way = Math.sign(x2 - x1);
  return s(
    'g',
    { class: 'flow' },
    time,
    s('line', { x1, x2: x2 - 2 * way, y1: y, y2: y }),
    tip(x2 - 1 * way, y, way),
    s('text', { class: 'what', x: (x1 + x2) / 2, y: y - 5, 'text-anchor': 'middle' }, text),
  );
}

const tip = (x: number, y: number, way: number) => s('path', { class: 'tip', d: `M${x} ${y}l${-7 * way} -4v8z` });

/** By which `web/process` comes before `web-2`. */
const placeOf = (id: string) => id.replaceAll('/', '\0');

const rankOf = (id: string) => ranks.findIndex((rank) => rank.test(id));

/** The process of a program is told by the program's name. */
function nameOf(id: string): string {
  const [, program, child] = /\/program\/([^/]*)(?:\/(.*))?$/.exec(id) ?? [];
  if (child !== undefined) return `${program} · ${child}`;
  return program ?? id.replace(/^supervisor\//, '');
}
