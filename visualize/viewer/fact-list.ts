import type { Told } from '../live-protocol.js';
import { arrange, h } from './element.js';
import { timeText, worded } from './words.js';

const most = 60;

/** What happened, the latest first. */
export function factList(isOfOne = false): { element: HTMLElement; show: (facts: readonly Told[]) => void } {
  const element = h('ol', { class: 'facts', tabindex: 0, 'aria-label': 'What happened, the latest first' });
  const items = new Map<Told, HTMLElement>();
  const show = (facts: readonly Told[]) => {
    const latest = facts.slice(-most).toReversed();
    const kept = new Set(latest);
    for (const told of items.keys()) if (!kept.has(told)) items.delete(told);
    arrange(
      element,
      latest.map((told) => {
        const item = items.get(told) ?? factItem(told, isOfOne);
        items.set(told, item);
        return item;
      }),
    );
  };
  return { element, show };
}

function factItem({ at, fact }: Told, isOfOne: boolean): HTMLElement {
  const { level, text } = worded(fact);
  const name = 'name' in fact && typeof fact.name === 'string' ? fact.name : undefined;
  const rest = name !== undefined && text.startsWith(`${name}: `) ? text.slice(name.length + 2) : undefined;
  const about = rest === undefined ? [text] : isOfOne ? [rest] : [h('b', {}, name), ` ${rest}`];
  return h(
    'li',
    { 'data-level': level, 'data-fact': fact.type.replace(/^program\./, '') },
    h('time', {}, timeText(at)),
    h('span', {}, ...about),
  );
}
