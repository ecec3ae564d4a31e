import type { ActorView } from '../live-protocol.js';
import { h, mark, say } from './element.js';

/** More actors than this under one parent but the root are folded up at first; so is what is below a program. */
const openUpTo = 12;

interface Branch {
  readonly row: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly state: HTMLElement;
  readonly below: HTMLElement;
  readonly fold: HTMLElement;
}

/** The actors, each below its parent; one can be chosen. */
export class ActorTreeView {
  readonly element = h('div', { class: 'tree' });
  readonly #choose: (id: string | undefined) => void;
  readonly #branches = new Map<string, Branch>();
  readonly #opened = new Map<string, boolean>();
  #chosen: string | undefined;

  constructor(choose: (id: string | undefined) => void) {
    this.#choose = choose;
  }

  show(actors: readonly ActorView[]): void {
    const present = new Set(actors.map(({ id }) => id));
    for (const [id, { row }] of this.#branches) {
      if (present.has(id)) continue;
      row.remove();
      this.#branches.delete(id);
      if (this.#chosen === id) this.#press(id);
    }
    const counts = new Map<string, number>();
    for (const { parent } of actors) if (parent !== null) counts.set(parent, (counts.get(parent) ?? 0) + 1);
    for (const actor of actors) {
      const known = this.#branches.get(actor.id);
      const branch = known ?? this.#grow(actor, counts.get(actor.id) ?? 0);
      mark(branch.state, 'data-state', actor.state);
      say(branch.state, actor.state ?? '');
      const count = counts.get(actor.id) ?? 0;
      branch.fold.hidden = count === 0;
      mark(branch.fold, 'title', `${count} below it`);
    }
  }

  #grow(actor: ActorView, count: number): Branch {
    const state = h('span', { class: 'tree-state' });
    const button = h(
      'button',
      { type: 'button', class: 'tree-name', 'aria-pressed': 'false', click: () => this.#press(actor.id) },
      actor.label,
    );
    const below = h('div', { class: 'tree-below' });
    const fold = h('button', {
      type: 'button',
      class: 'fold',
      'aria-label': `What is below ${actor.label}`,
      click: () => this.#fold(actor.id, below.hidden),
    });
    const row = h('div', { class: 'tree-branch' }, h('div', { class: 'tree-row' }, fold, button, state), below);
    const branch = { row, button, state, below, fold };
    this.#branches.set(actor.id, branch);
    const parent = actor.parent === null ? undefined : this.#branches.get(actor.parent);
    (parent?.below ?? this.element).append(row);
    const isOpen = actor.parent === null || (count <= openUpTo && !actor.label.startsWith('program/'));
    this.#fold(actor.id, this.#opened.get(actor.id) ?? isOpen);
    return branch;
  }

  #fold(id: string, open: boolean): void {
    const branch = this.#branches.get(id);
    if (branch === undefined) return;
    this.#opened.set(id, open);
    branch.below.hidden = !open;
    mark(branch.fold, 'aria-expanded', String(open));
  }

  #press(id: string): void {
    this.#chosen = this.#chosen === id ? undefined : id;
    for (const [each, { button }] of this.#branches) mark(button, 'aria-pressed', String(each === this.#chosen));
    this.#choose(this.#chosen);
  }
}
