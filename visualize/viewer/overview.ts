import type { ProgramBelow, ProgramView } from '../live-protocol.js';
import { BelowRow } from './below-row.js';
import { arrange, h, mark, say } from './element.js';
import { factList } from './fact-list.js';
import type { Change, Model } from './model.js';
import type { House, Page } from './page.js';
import { ProgramRow } from './program-row.js';
import { stateWord, urgency } from './words.js';

type SortKey = 'name' | 'state' | 'uptime' | 'restarts';
type GroupKey = 'none' | 'group' | 'state';

const order = ['running', 'starting', 'backing-off', 'killing', 'stopped', 'rejected'];

const started = ({ startedAt }: ProgramView) => (startedAt === null ? Infinity : Date.parse(startedAt));
const { compare } = new Intl.Collator(undefined, { numeric: true });
const byName = (a: ProgramView, b: ProgramView) => compare(a.name, b.name);

const sorts: Readonly<Record<SortKey, (a: ProgramView, b: ProgramView) => number>> = {
  name: byName,
  state: (a, b) => urgency.indexOf(stateWord(a)) - urgency.indexOf(stateWord(b)) || byName(a, b),
  uptime: (a, b) => (started(a) === started(b) ? byName(a, b) : started(a) - started(b)),
  restarts: (a, b) => b.restarts - a.restarts || byName(a, b),
};

/** All programs. */
export class Overview implements Page {
  readonly title = 'Programs';
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #rows = new Map<string, ProgramRow>();
  #below = new Map<ProgramBelow, BelowRow>();
  readonly #heads = new Map<string, HTMLElement>();
  readonly #list = h('div', { class: 'rows' });
  readonly #nobody = h('span');
  readonly #empty = h('p', { class: 'empty', hidden: true }, this.#nobody);
  readonly #how = h('code', {}, 'ncolony ctl add NAME --cmd COMMAND');
  readonly #summary: HTMLElement;
  readonly #share = h('div', { class: 'share', 'aria-hidden': 'true' });
  readonly #legend = h('div', { class: 'legend', role: 'group', 'aria-label': 'Show only' });
  readonly #filter: HTMLInputElement;
  readonly #facts = factList();
  readonly #seen = new Set<ProgramRow>();
  readonly #eye: IntersectionObserver;
  #text = '';
  #state: string | undefined;
  #sort: SortKey = 'name';
  #group: GroupKey = 'none';

  constructor({ model }: House) {
    this.#model = model;
    this.#filter = h('input', {
      type: 'search',
      placeholder: 'Filter by name or group',
      'aria-label': 'Filter by name or group',
      autocomplete: 'off',
      spellcheck: 'false',
      input: () => {
        this.#text = this.#filter.value.trim().toLowerCase();
        this.#draw();
      },
    });
    const choose = (label: string, options: readonly (readonly [string, string])[], act: (value: string) => void) => {
      const id = `choose-${label.toLowerCase()}`;
      const select = h('select', { id, change: () => act(select.value) });
      select.append(...options.map(([value, text]) => h('option', { value }, text)));
      return h('div', { class: 'choose' }, h('label', { for: id }, label), select);
    };
    const sort = choose(
      'Sort',
      [
        ['name', 'by name'],
        ['state', 'by urgency'],
        ['uptime', 'by uptime'],
        ['restarts', 'by restarts'],
      ],
      (value) => {
        this.#sort = value as SortKey;
        this.#draw();
      },
    );
    const group = choose(
      'Group',
      [
        ['none', 'not at all'],
        ['group', 'by group'],
        ['state', 'by state'],
      ],
      (value) => {
        this.#group = value as GroupKey;
        this.#draw();
      },
    );
    this.#eye = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const row = this.#rows.get((target as HTMLElement).dataset['name'] ?? '');
        if (row === undefined) continue;
        if (isIntersecting) this.#seen.add(row);
        else this.#seen.delete(row);
      }
      this.tick();
    });
    const head = h(
      'div',
      { class: 'row-head', 'aria-hidden': 'true' },
      ...['State', 'Program', 'Now', 'Groups', 'Uptime', 'Restarts', 'Pid'].map((text) => h('span', {}, text)),
    );
    this.#empty.append(this.#how);
    this.#summary = h('section', { class: 'summary', 'aria-label': 'Summary' }, this.#share, this.#legend);
    this.element = h(
      'div',
      { class: 'overview' },
      h('h1', { class: 'unseen' }, 'Programs'),
      this.#summary,
      h(
        'div',
        { class: 'columns' },
        h(
          'section',
          { class: 'programs', 'aria-label': 'Programs' },
          h('div', { class: 'tools' }, this.#filter, sort, group),
          h('div', { class: 'card flush' }, head, this.#list, this.#empty),
        ),
        h(
          'aside',
          { class: 'recent', 'aria-label': 'What happened' },
          h('h2', {}, 'What happened'),
          this.#facts.element,
        ),
      ),
    );
    this.#draw();
    this.#facts.show(model.facts);
  }

  update(changes: ReadonlySet<Change>): void {
    if (changes.has('programs')) this.#draw();
    if (changes.has('facts')) this.#facts.show(this.#model.facts);
  }

  tick(): void {
    const { now, timings } = this.#model;
    if (timings !== undefined) for (const row of this.#seen) row.tick(now, timings);
    for (const row of this.#below.values()) row.tick(now);
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === '/') {
      this.#filter.focus();
      this.#filter.select();
      return true;
    }
    if (event.key === 'Escape' && event.target === this.#filter) {
      this.#filter.value = this.#text = '';
      this.#draw();
      return true;
    }
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step === undefined || event.target instanceof HTMLSelectElement) return false;
    // The arrows move a slider, and letters are what one filters by.
    const isField = event.target instanceof HTMLInputElement;
    if (isField && (event.target !== this.#filter || event.key.length === 1)) return false;
    const links = [...this.#list.querySelectorAll<HTMLElement>('a.row')];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
    return true;
  }

  close(): void {
    this.#eye.disconnect();
  }

  #draw(): void {
    const { programs } = this.#model;
    for (const name of this.#rows.keys()) if (!programs.has(name)) this.#forget(name);
    for (const program of programs.values()) {
      const row = this.#rows.get(program.name);
      if (row === undefined) this.#admit(program);
      else if (row.program !== program) row.show(program);
    }
    this.#below = new Map(
      [...this.#model.below.values()].flat().map((each) => [each, this.#below.get(each) ?? new BelowRow(each)]),
    );
    const all = [...programs.values()];
    const shown = all.filter((program) => this.#isShown(program)).toSorted(sorts[this.#sort]);
    arrange(this.#list, this.#grouped(shown));
    this.#drawSummary(all);
    this.#empty.hidden = shown.length > 0;
    this.#summary.hidden = all.length === 0;
    const isHeard = this.#model.monitor !== undefined;
    say(this.#nobody, all.length > 0 ? 'No program is like that.' : isHeard ? 'There is no program yet.' : '');
    this.#how.hidden = all.length > 0 || !isHeard;
    this.tick();
  }

  #admit(program: ProgramView): void {
    const row = new ProgramRow(program);
    this.#rows.set(program.name, row);
    this.#eye.observe(row.element);
  }

  #forget(name: string): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    this.#eye.unobserve(row.element);
    this.#seen.delete(row);
    this.#rows.delete(name);
  }

  #isShown(program: ProgramView): boolean {
    if (this.#state !== undefined && stateWord(program) !== this.#state) return false;
    if (this.#text === '') return true;
    return [program.name, ...program.group].some((text) => text.toLowerCase().includes(this.#text));
  }

  /** Each with what is below it. */
  #grouped(programs: readonly ProgramView[]): HTMLElement[] {
    const rowOf = ({ name }: ProgramView) => {
      const row = this.#rows.get(name)?.element;
      const below = (this.#model.below.get(name) ?? []).map((each) => this.#below.get(each)?.element);
      return [row, ...below].filter((element) => element !== undefined);
    };
    if (this.#group === 'none') return programs.flatMap(rowOf);
    const groups = new Map<string, ProgramView[]>();
    for (const program of programs) {
      const key = this.#group === 'state' ? stateWord(program) : (program.group[0] ?? 'no group');
      groups.set(key, [...(groups.get(key) ?? []), program]);
    }
    const keys = [...groups.keys()].toSorted(
      this.#group === 'state' ? (a, b) => urgency.indexOf(a) - urgency.indexOf(b) : undefined,
    );
    return keys.flatMap((key) => {
      const members = groups.get(key) ?? [];
      const head = this.#heads.get(key) ?? h('h2', { class: 'group-head' }, h('span', {}, key), h('small', {}));
      this.#heads.set(key, head);
      if (head.lastElementChild) say(head.lastElementChild, String(members.length));
      return [head].concat(members.flatMap(rowOf));
    });
  }

  #drawSummary(programs: readonly ProgramView[]): void {
    const counts = new Map<string, number>();
    for (const program of programs) counts.set(stateWord(program), (counts.get(stateWord(program)) ?? 0) + 1);
    const present = order.filter((state) => counts.has(state) || state === this.#state);
    const bars = new Map([...this.#share.children].map((bar) => [(bar as HTMLElement).dataset['state'], bar]));
    arrange(
      this.#share,
      present.map((state) => {
        const bar = (bars.get(state) as HTMLElement | undefined) ?? h('i', { 'data-state': state });
        bar.style.flexGrow = String(counts.get(state) ?? 0);
        return bar;
      }),
    );
    const buttons = new Map(
      [...this.#legend.children].map((button) => [(button as HTMLElement).dataset['state'], button]),
    );
    arrange(
      this.#legend,
      present.map((state) => {
        const button = buttons.get(state) ?? this.#legendButton(state);
        mark(button, 'aria-pressed', String(this.#state === state));
        if (button.children[1]) say(button.children[1], String(counts.get(state) ?? 0));
        return button;
      }),
    );
  }

  #legendButton(state: string): HTMLElement {
    const press = () => {
      this.#state = this.#state === state ? undefined : state;
      this.#draw();
    };
    const dot = h('i', { class: 'dot', 'data-state': state, 'aria-hidden': 'true' });
    return h('button', { type: 'button', 'data-state': state, click: press }, dot, h('b', {}), h('span', {}, state));
  }
}
