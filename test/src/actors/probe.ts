import { onTestFinished } from 'vitest';
import {
  createActor,
  setup,
  type AnyEventObject,
  type CallbackActorLogic,
  type EventObject,
  type NonReducibleUnknown,
} from 'xstate';

interface Waiting<TEvent> {
  readonly matches: (event: TEvent) => boolean;
  readonly resolve: (event: TEvent) => void;
}

const patience = 5_000;

/** A parent for one port actor: it gives orders, remembers every event, and waits for those to come. */
export class Probe<
  TCommand extends EventObject,
  TEvent extends EventObject,
  TInput extends NonReducibleUnknown = NonReducibleUnknown,
> {
  readonly events: TEvent[] = [];
  readonly #waiting = new Set<Waiting<TEvent>>();
  readonly #parent;

  constructor(logic: CallbackActorLogic<TCommand>);
  constructor(logic: CallbackActorLogic<TCommand, TInput>, input: TInput);
  constructor(logic: CallbackActorLogic<TCommand, TInput>, input?: TInput) {
    const machine = setup({
      types: { events: {} as AnyEventObject },
      actors: { port: logic as unknown as CallbackActorLogic<AnyEventObject> },
      actions: { hear: ({ event }) => this.#hear(event as unknown as TEvent) },
    }).createMachine({
      invoke: { src: 'port', id: 'port', input },
      on: { '*': { actions: 'hear' } },
    });
    this.#parent = createActor(machine).start();
    onTestFinished(() => this.stop());
  }

  tell(command: TCommand): void {
    this.#parent.getSnapshot().children['port']?.send(command);
  }

  /** Stops the actor, as a machine does that has no more use for it. */
  stop(): void {
    this.#parent.stop();
  }

  /** Where the events end now: what comes later is `after` it. */
  get now(): number {
    return this.events.length;
  }

  /** The first event of this type, told already or yet to come, that `matches`. */
  next<T extends TEvent['type']>(
    type: T,
    matches: (event: Extract<TEvent, { readonly type: T }>) => boolean = () => true,
    after = 0,
  ): Promise<Extract<TEvent, { readonly type: T }>> {
    type Sought = Extract<TEvent, { readonly type: T }>;
    const isSought = (event: TEvent) => event.type === type && matches(event as Sought);
    const known = this.events.slice(after).find(isSought);
    if (known !== undefined) return Promise.resolve(known as Sought);
    return new Promise<Sought>((resolve, reject) => {
      const waiting: Waiting<TEvent> = {
        matches: isSought,
        resolve: (event) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(event as Sought);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Error(`waited for ${type}, but heard ${JSON.stringify(this.events)}`));
      }, patience);
      this.#waiting.add(waiting);
    });
  }

  #hear(event: TEvent): void {
    this.events.push(event);
    for (const waiting of this.#waiting) if (waiting.matches(event)) waiting.resolve(event);
  }
}
