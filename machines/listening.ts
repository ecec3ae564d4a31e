import type { ActorRef, AnyEventObject, EventObject, Snapshot } from 'xstate';

/** What emits: the actor of a supervisor, of a program, or any other. */
export type Emitter<TEmitted extends EventObject> = Pick<ActorRef<Snapshot<unknown>, AnyEventObject, TEmitted>, 'on'>;

/** What is heard by who listens to `TType`; `*` is everything. */
export type Heard<TEmitted extends EventObject, TType> = TEmitted & (TType extends '*' ? unknown : { type: TType });

/**
 * Listens to what an actor emits, and harms nothing when the listener fails.
 *
 * XState reports what a listener throws as an uncaught error, which ends a Node process. Here it goes to `onError`, and
 * so does the rejection of a listener that is async. `type`: that of a fact, or `*`. Returns how to stop listening.
 */
export function listen<TEmitted extends EventObject, TType extends TEmitted['type'] | '*'>(
  actor: Emitter<TEmitted>,
  type: TType,
  listener: (fact: Heard<TEmitted, TType>) => unknown,
  onError: (error: unknown) => void,
): () => void {
  const subscription = actor.on(type, harmless(listener, onError));
  return () => subscription.unsubscribe();
}

/** The same listener; what it throws, and what it rejects with, goes to `onError`. */
export function harmless<TFact>(
  listener: (fact: TFact) => unknown,
  onError: (error: unknown) => void,
): (fact: TFact) => void {
  return (fact) => {
    try {
      const result = listener(fact);
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  };
}
