import type { Flow } from '../live-protocol.js';
import { ActorTreeView } from './actor-tree-view.js';
import { h, mark, say } from './element.js';
import type { Change, Model } from './model.js';
import type { House, Page } from './page.js';
import { Sequence } from './sequence.js';
import { openStately } from './stately.js';

function openInspector(event: Event): void {
  event.preventDefault();
  openStately();
}

/** Who there is, and what they say to each other. */
export class ActorsPage implements Page {
  readonly title = 'Actors';
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #house: House;
  readonly #tree: ActorTreeView;
  readonly #sequence = new Sequence();
  readonly #about = h('span', { class: 'about' });
  readonly #pause: HTMLButtonElement;
  #chosen: string | undefined;
  /** What is shown while paused. */
  #held: readonly Flow[] | undefined;

  constructor(house: House) {
    this.#house = house;
    this.#model = house.model;
    this.#tree = new ActorTreeView((id) => {
      this.#chosen = id;
      this.#draw();
    });
    this.#pause = h(
      'button',
      { type: 'button', class: 'pause', 'aria-pressed': 'false', click: () => this.#toggle() },
      'Pause',
    );
    this.element = h(
      'div',
      { class: 'actors' },
      h('h1', { class: 'unseen' }, 'Actors'),
      h('section', { class: 'card', 'aria-label': 'Actors' }, h('h2', {}, 'Actors'), this.#tree.element),
      h(
        'section',
        { class: 'card messages', 'aria-label': 'Messages' },
        h('div', { class: 'card-head' }, h('h2', {}, 'Messages'), this.#about, this.#pause),
        this.#sequence.element,
        h(
          'p',
          { class: 'hint', hidden: house.model.mode !== 'live' },
          'The same stream in Stately’s inspector: ',
          h(
            'a',
            { href: 'https://stately.ai/inspect', 'data-outside': '', click: openInspector },
            'stately.ai/inspect',
          ),
          ', a page of somebody else’s, which is then told all of it.',
        ),
      ),
    );
    house.source.follow(true);
    this.#tree.show(this.#model.actors);
    this.#draw();
  }

  update(changes: ReadonlySet<Change>): void {
    if (changes.has('actors')) this.#tree.show(this.#model.actors);
    if (changes.has('flows')) this.#draw();
    if (changes.has('link')) this.#draw();
  }

  key(event: KeyboardEvent): boolean {
    if (event.key !== 'p') return false;
    this.#toggle();
    return true;
  }

  close(): void {
    this.#house.source.follow(false);
  }

  #toggle(): void {
    this.#held = this.#held === undefined ? this.#model.flows : undefined;
    mark(this.#pause, 'aria-pressed', String(this.#held !== undefined));
    say(this.#pause, this.#held === undefined ? 'Pause' : 'Go on');
    this.#draw();
  }

  #draw(): void {
    const chosen = this.#chosen;
    const flows = this.#held ?? this.#model.flows;
    const isOf = (id: string) =>
      chosen === undefined || id === chosen || (id.startsWith(`${chosen}/`) && chosen !== 'supervisor');
    this.#sequence.show(flows.filter(({ from, to }) => isOf(from) || isOf(to)));
    const last = this.#held?.at(-1);
    const later = this.#model.flows.length - (last === undefined ? 0 : this.#model.flows.indexOf(last) + 1);
    const dropped = this.#model.droppedFlows;
    say(
      this.#about,
      [
        chosen === undefined ? 'of all' : `of ${chosen.replace(/^supervisor\/(?:ward\/\d+\/)?/, '')}`,
        ...(this.#held === undefined ? [] : [`paused, ${later} since`]),
        ...(dropped > 0 ? [`${dropped} too fast to show`] : []),
      ].join(' · '),
    );
  }
}
