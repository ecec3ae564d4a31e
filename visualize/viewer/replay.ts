import { labelsOn } from '../actor-tree.js';
import type { ActorView, ServerMessage, Told } from '../live-protocol.js';
import { h, mark, say } from './element.js';
import type { Model } from './model.js';
import type { Source } from './page.js';
import { timeText } from './words.js';

interface Frame {
  readonly at: number;
  readonly message: ServerMessage;
}

const stepMs = 50;
const speeds = [1, 10, 60, 600];
const keptHistory = 300;

/** A recording that can be gone through as one likes. */
class Replay implements Source {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #frames: readonly Frame[];
  readonly #slider: HTMLInputElement;
  readonly #clock = h('output', { class: 'replay-time' });
  readonly #button: HTMLButtonElement;
  #now: number;
  /** Frames that the model was told. */
  #told = 0;
  #speed = 1;
  #isFollowed = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(model: Model, frames: readonly Frame[]) {
    this.#model = model;
    this.#frames = frames;
    this.#now = frames[0]?.at ?? 0;
    model.clock = () => this.#now;
    const last = frames.at(-1)?.at ?? this.#now;
    this.#slider = h('input', {
      type: 'range',
      min: this.#now,
      max: last,
      step: 100,
      'aria-label': 'Time',
      input: () => this.#go(Number(this.#slider.value)),
    });
    this.#button = h('button', { type: 'button', class: 'pause', click: () => this.#toggle() }, 'Play');
    const speed = h('select', { 'aria-label': 'Speed', change: () => (this.#speed = Number(speed.value)) });
    speed.append(...speeds.map((times) => h('option', { value: String(times) }, `${times} ×`)));
    this.element = h(
      'section',
      { class: 'player', 'aria-label': 'Recording' },
      this.#button,
      this.#slider,
      this.#clock,
      speed,
    );
    // What one comes for is how it ended.
    this.#go(last);
  }

  watch(name: string | undefined): void {
    this.#model.watch(name);
    this.#tellHistory();
  }

  follow(on: boolean): void {
    this.#isFollowed = on;
    this.#tellActors();
  }

  order(): Promise<string> {
    return Promise.resolve('a recording takes no orders');
  }

  #go(to: number): void {
    if (to < this.#now) this.#told = 0;
    this.#now = to;
    let end = this.#told;
    while (end < this.#frames.length && (this.#frames[end]?.at ?? Infinity) <= to) end++;
    // The last state of everything that was written down says all that was before it.
    const pending = this.#frames.slice(this.#told, end);
    const from = Math.max(
      0,
      pending.findLastIndex(({ message }) => message.type === 'hello'),
    );
    for (const { message } of pending.slice(from)) this.#model.take(message);
    this.#told = end;
    this.#tellHistory();
    this.#tellActors();
    this.#slider.value = String(to);
    mark(this.#slider, 'aria-valuetext', timeText(to));
    say(this.#clock, `${new Date(to).toLocaleDateString()} ${timeText(to)}`);
  }

  #tellHistory(): void {
    const { watched } = this.#model;
    if (watched === undefined) return;
    const history: Told[] = [];
    const seen = new Set<string>();
    for (const { message } of this.#frames.slice(0, this.#told)) {
      if (message.type !== 'changes' && message.type !== 'hello') continue;
      for (const told of message.facts) {
        if (!('name' in told.fact) || told.fact.name !== watched) continue;
        // A file of the recording begins with what the one before it ended with.
        const key = `${told.at} ${told.fact.type}`;
        if (!seen.has(key)) history.push(told);
        seen.add(key);
      }
    }
    this.#model.take({
      type: 'program',
      name: watched,
      history: history.slice(-keptHistory),
      config: null,
      context: {},
    });
  }

  /** Who spoke, or was spoken to, so far. */
  #tellActors(): void {
    if (!this.#isFollowed) return;
    const actors = new Map<string, ActorView>();
    const admit = (id: string) => {
      if (id === 'world' || actors.has(id)) return;
      const labels = labelsOn(id);
      const label = labels.at(-1) ?? id;
      const parent = labels.length > 1 ? labels.slice(0, -1).join('/') : null;
      if (parent !== null) admit(parent);
      const [, name] = /^program\/(.*)$/.exec(label) ?? [];
      const state = name === undefined ? null : (this.#model.programs.get(name)?.state ?? null);
      actors.set(id, { id, parent, label, state });
    };
    for (const { message } of this.#frames.slice(0, this.#told)) {
      if (message.type !== 'flows') continue;
      for (const { from, to } of message.flows) {
        admit(from);
        admit(to);
      }
    }
    this.#model.take({ type: 'actors', actors: [...actors.values()] });
  }

  #toggle(): void {
    if (this.#timer === undefined) {
      if (this.#now >= Number(this.#slider.max)) this.#go(Number(this.#slider.min));
      this.#timer = setInterval(() => this.#step(), stepMs);
    } else this.#pause();
    say(this.#button, this.#timer === undefined ? 'Play' : 'Pause');
  }

  #step(): void {
    const end = Number(this.#slider.max);
    this.#go(Math.min(end, this.#now + stepMs * this.#speed));
    if (this.#now < end) return;
    this.#pause();
    say(this.#button, 'Play');
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Loads the recording that this page was served for. */
export async function openReplay(model: Model): Promise<Source & { readonly element: HTMLElement }> {
  const text = await (await fetch('/recording')).text();
  let at = 0;
  const frames = text.split('\n').flatMap((line) => {
    const message = parse(line);
    if (message === undefined) return [];
    const said = 'now' in message ? message.now : message.type === 'flows' ? message.flows.at(-1)?.at : undefined;
    at = Math.max(at, said ?? at);
    return [{ at, message }];
  });
  return new Replay(model, frames);
}

/** The last line may be torn. */
function parse(line: string): ServerMessage | undefined {
  try {
    return JSON.parse(line) as ServerMessage;
  } catch {
    return undefined;
  }
}
