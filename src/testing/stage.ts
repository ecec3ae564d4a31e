import { createActor, setup, type AnyEventObject, type CallbackActorLogic } from 'xstate';
import type { SteppedClock } from '../simulate/stepped-clock.js';

/** How time passes for an actor under test. */
export interface Time {
  /** The clock that the actor uses, where it is simulated; default: real time. */
  readonly clock?: SteppedClock;
}

/** Longer than anything that a contract waits for, ms. */
const patienceMs = 15_000;
const stepMs = 5;

/** An actor under test, below a parent that writes down what it is told. */
export class Stage<TCommand extends AnyEventObject, TEvent extends AnyEventObject> {
  readonly events: TEvent[] = [];
  readonly #clock: SteppedClock | undefined;
  readonly #parent;
  /** Why the actor under test broke. */
  #error: unknown;

  constructor(logic: CallbackActorLogic<TCommand>, input: unknown, { clock }: Time) {
    this.#clock = clock;
    const note = ({ event }: { readonly event: AnyEventObject }) => void this.events.push(event as TEvent);
    const machine = setup({ actors: { tested: logic } }).createMachine({
      invoke: { id: 'tested', src: 'tested', input: input as never },
      on: {
        'xstate.error.actor.tested': { actions: ({ event }) => void (this.#error = event.error) },
        '*': { actions: note },
      },
    });
    this.#parent = createActor(machine, clock === undefined ? {} : { clock }).start();
  }

  tell(command: TCommand): void {
    this.#parent.getSnapshot().children.tested?.send(command);
  }

  /** The events of a type, so far. */
  of<T extends TEvent['type']>(type: T): Extract<TEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as unknown as Extract<TEvent, { type: T }>[];
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Lets time pass until it is so; rejects when it does not come to that. */
  async until(isSo: () => boolean, about: string): Promise<void> {
    for (let waited = 0; !isSo(); waited += stepMs) {
      if (this.#error !== undefined) throw this.#error as Error;
      if (waited > patienceMs) throw new Error(`${about}: it did not come to that; told: ${this.types.join(', ')}`);
      await this.pass(stepMs);
    }
  }

  async pass(ms: number): Promise<void> {
    if (this.#clock === undefined) await new Promise((resolve) => setTimeout(resolve, ms));
    else {
      this.#clock.advance(ms);
      // What is awaited in between is not time.
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
  }

  /** The parent leaves: the actor is stopped. */
  leave(): void {
    this.#parent.stop();
  }
}
