import type { ActorRef, AnyEventObject, EventObject, Snapshot, Subscribable, Subscription } from 'xstate';
import type { Emitter } from './listening.js';

/** In the place of what a slow reader missed. */
export interface FactsMissed {
  readonly type: 'facts.missed';
  readonly count: number;
}

type Ending<TEmitted extends EventObject> = Emitter<TEmitted> &
  Subscribable<unknown> &
  Pick<ActorRef<Snapshot<unknown>, AnyEventObject>, 'getSnapshot'>;

/** How many facts wait for a reader, unless it is told otherwise. */
const defaultBuffer = 1_000;

/**
 * What an actor emits, to be read with `for await`. Each loop is a reader of its own: it gets what is emitted from its
 * beginning on, ends when the actor ends, and throws when the actor breaks.
 *
 * The actor never waits. So many facts as `buffer` says (1,000) wait for a reader; when more come, the oldest are dropped,
 * and one `facts.missed` stands in their place.
 */
export function factsOf<TEmitted extends EventObject>(
  actor: Ending<TEmitted>,
  options: { readonly buffer?: number } = {},
): AsyncIterable<TEmitted | FactsMissed> {
  return { [Symbol.asyncIterator]: () => new FactReader(actor, options.buffer ?? defaultBuffer) };
}

type Waiting<T> = { readonly resolve: (result: IteratorResult<T>) => void; readonly reject: (error: unknown) => void };

class FactReader<TEmitted extends EventObject> implements AsyncIterator<TEmitted | FactsMissed> {
  readonly #buffer: number;
  readonly #held: TEmitted[] = [];
  readonly #waiting: Waiting<TEmitted | FactsMissed>[] = [];
  readonly #subscriptions: readonly Subscription[];
  #missed = 0;
  #end: { readonly error?: unknown } | undefined;

  constructor(actor: Ending<TEmitted>, buffer: number) {
    this.#buffer = Math.max(1, buffer);
    const facts = actor.on('*', (fact) => this.#take(fact));
    const end = actor.subscribe({ complete: () => this.#close({}), error: (error) => this.#close({ error }) });
    this.#subscriptions = [facts, end];
    // Of an actor that was let go of XState tells nobody who asks later.
    if (actor.getSnapshot().status === 'stopped') this.#close({});
  }

  next(): Promise<IteratorResult<TEmitted | FactsMissed>> {
    if (this.#missed > 0) {
      const missed: FactsMissed = { type: 'facts.missed', count: this.#missed };
      this.#missed = 0;
      return Promise.resolve({ value: missed, done: false });
    }
    const fact = this.#held.shift();
    if (fact !== undefined) return Promise.resolve({ value: fact, done: false });
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    const end = this.#end;
    // An error is told once.
    this.#end = {};
    return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true });
  }

  /** The reader leaves its loop. */
  return(): Promise<IteratorResult<TEmitted | FactsMissed>> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#held.length = 0;
    this.#missed = 0;
    this.#close({});
    return Promise.resolve({ value: undefined, done: true });
  }

  #take(fact: TEmitted): void {
    const reader = this.#waiting.shift();
    if (reader !== undefined) return reader.resolve({ value: fact, done: false });
    this.#held.push(fact);
    if (this.#held.length <= this.#buffer) return;
    this.#held.shift();
    this.#missed += 1;
  }

  #close(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if ('error' in end) reject(end.error);
      else resolve({ value: undefined, done: true });
    }
  }
}
