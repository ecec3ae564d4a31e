import type { ProgramBelow } from '../live-protocol.js';
import { h, mark, say } from './element.js';
import { durationText } from './words.js';

/** A program of a colony below: it has no page of its own here, its own monitor may have one. */
export class BelowRow {
  readonly element: HTMLElement;
  readonly #program: ProgramBelow;
  readonly #uptime = h('span', { class: 'number uptime' });

  constructor(program: ProgramBelow) {
    this.#program = program;
    const { name, state, depth, restarts, pid, group, fault } = program;
    this.element = h(
      'div',
      { class: 'row below', 'data-depth': depth, 'data-state': state ?? 'rejected', 'data-below': name },
      h('span', { class: 'state', hidden: name === '' }, state ?? 'rejected'),
      h('span', { class: 'name' }, name),
      h('span', { class: 'now' }, h('span', { class: 'note' }, fault ?? '')),
      h('span', { class: 'groups' }, ...group.map((each) => h('span', { class: 'tag' }, each))),
      this.#uptime,
      h('span', { class: 'number restarts' }, name === '' ? '' : String(restarts)),
      h('span', { class: 'number pid' }, name === '' ? '' : (pid ?? '–').toString()),
    );
    this.element.style.setProperty('--depth', String(depth));
    if (fault !== null) mark(this.element.querySelector('.note') ?? this.element, 'data-bad', '');
  }

  /** What time changes. */
  tick(now: number): void {
    const { startedAt, name } = this.#program;
    if (name !== '') say(this.#uptime, startedAt === null ? '–' : durationText(now - Date.parse(startedAt)));
  }
}
