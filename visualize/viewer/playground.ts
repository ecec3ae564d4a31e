import { createActor } from 'xstate';
import { defaultTimings, type Timings } from '../../machines/index.js';
import { actorTree } from '../actor-tree.js';
import { ColonyView } from '../colony-view.js';
import { flowOf } from '../flows.js';
import { SteppedClock } from '../../src/simulate/stepped-clock.js';
import { h, say } from './element.js';
import type { Model } from './model.js';
import type { Source } from './page.js';
import { SimulatedSystem } from './simulated-actors.js';

const epoch = Date.now();
const stepMs = 40;
const speeds = [0, 0.2, 1, 10, 100];

const options: readonly (readonly [keyof Timings, string])[] = [
  ['threshold', 'threshold'],
  ['killtime', 'killtime'],
  ['minRestartDelay', 'minrestartdelay'],
  ['maxRestartDelay', 'maxrestartdelay'],
];

/** The real machines, in this page, with a process that only pretends and time that passes as one likes. */
class Playground implements Source {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #fault = h('p', { class: 'fault', role: 'alert', hidden: true });
  #timings: Timings = { ...defaultTimings, threshold: 2_000 };
  #system = new SimulatedSystem();
  #clock = new SteppedClock();
  #view: ColonyView | undefined;
  #tree: (() => void) | undefined;
  #orderTo: ((word: string) => void) | undefined;
  #stop: (() => void) | undefined;
  #speed = 1;

  constructor(model: Model) {
    this.#model = model;
    const button = (text: string, act: () => void) => h('button', { type: 'button', click: act }, text);
    const check = (text: string, act: (on: boolean) => void) => {
      const box = h('input', { type: 'checkbox', change: () => act(box.checked) });
      return h('label', { class: 'check' }, box, text);
    };
    const speed = h('select', { id: 'speed', change: () => (this.#speed = Number(speed.value)) });
    speed.append(
      ...speeds.map((times) =>
        h('option', { value: String(times), selected: times === 1 }, times === 0 ? 'stands still' : `${times} ×`),
      ),
    );
    const deaf = check('ignores TERM', (on) => (this.#system.isDeaf = on));
    const frail = check('dies young', (on) => (this.#system.isFrail = on));
    this.element = h(
      'section',
      { class: 'player playground', 'aria-label': 'Playground' },
      h(
        'div',
        { class: 'orders' },
        button('dies now', () => this.#system.die(1)),
        button('config changes', () => this.#system.change('up', ['args'])),
        button('restart', () => this.#orderTo?.('restart')),
        button('stop', () => this.#system.change('down', ['ncolony.wanted'])),
        button('start', () => this.#start()),
      ),
      deaf,
      frail,
      h('div', { class: 'choose' }, h('label', { for: 'speed' }, 'Time'), speed),
      button('to the next timer', () => this.#clock.advanceToNext()),
      h('details', {}, h('summary', {}, 'Options'), this.#fields()),
      this.#fault,
    );
    model.clock = () => epoch + this.#clock.now();
    this.#begin();
    setInterval(() => this.#clock.advance(stepMs * this.#speed), stepMs);
  }

  watch(name: string | undefined): void {
    this.#model.watch(name);
    this.#tellProgram();
  }

  follow(on: boolean): void {
    if (on) this.#tree?.();
  }

  order(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #begin(): void {
    this.#stop?.();
    const { isDeaf, isFrail } = this.#system;
    this.#system = new SimulatedSystem();
    Object.assign(this.#system, { isDeaf, isFrail });
    this.#clock = new SteppedClock();
    const now = () => epoch + this.#clock.now();
    const root = createActor(this.#system.machine(this.#clock), {
      clock: this.#clock,
      input: { timings: this.#timings },
      inspect: (event) => {
        const flow = flowOf(event, now());
        if (flow !== undefined) this.#model.take({ type: 'flows', flows: [flow], dropped: 0 });
      },
    });
    const view = new ColonyView(root, now);
    this.#view = view;
    this.#tree = () => this.#model.take({ type: 'actors', actors: actorTree(root) });
    this.#orderTo = (word) => {
      const program = root.getSnapshot().context.programs.get('web');
      program?.send({ type: word === 'restart' ? 'program.restart' : 'program.start', by: 'you' });
    };
    this.#stop = () => root.stop();
    root.on('*', (fact) => {
      const told = view.observe(fact);
      this.#model.take({
        type: 'changes',
        now: now(),
        programs: view.programs(),
        removed: [],
        facts: [told],
        stopping: false,
      });
      this.#model.take({ type: 'context', name: 'web', context: view.context('web') });
      this.#tree?.();
    });
    this.#model.take({
      type: 'hello',
      now: now(),
      monitor: { pid: 1, since: new Date(epoch).toISOString(), version: 'playground' },
      timings: this.#timings,
      control: false,
      programs: [],
      facts: [],
    });
    root.start();
    this.#tellProgram();
  }

  #start(): void {
    this.#system.change('up', ['ncolony.wanted']);
    this.#orderTo?.('start');
  }

  #tellProgram(): void {
    if (this.#view === undefined) return;
    this.#model.take({
      type: 'program',
      name: 'web',
      history: this.#view.history('web'),
      config: { args: ['server'], env: [], envInherit: [], settings: [], extras: [] },
      context: this.#view.context('web'),
    });
  }

  #fields(): HTMLElement {
    const fields = options.map(([key, name]) => {
      const field = h('input', {
        type: 'number',
        id: `option-${name}`,
        min: 0,
        step: 0.1,
        value: this.#timings[key] / 1000,
        change: () => this.#set(key, Number(field.value) * 1000),
      });
      return h('div', {}, h('label', { for: field.id }, `--${name}`), field);
    });
    return h('div', { class: 'option-fields' }, ...fields);
  }

  #set(key: keyof Timings, ms: number): void {
    const timings = { ...this.#timings, [key]: ms };
    const isGood = ms >= 0 && timings.minRestartDelay > 0 && timings.minRestartDelay <= timings.maxRestartDelay;
    this.#fault.hidden = isGood;
    say(this.#fault, 'minrestartdelay is more than 0 and at most maxrestartdelay.');
    if (!isGood) return;
    this.#timings = timings;
    this.#begin();
  }
}

/** Begins a simulation. */
export function openPlayground(model: Model): Source & { readonly element: HTMLElement } {
  return new Playground(model);
}
