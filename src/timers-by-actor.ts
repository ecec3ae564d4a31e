import type { AnyActor, AnyActorRef } from 'xstate';

/**
 * Keeps the pending timers of this actor's system by the actor that set them, for a root that is ours.
 *
 * XState looks through all the timers of the system whenever an actor ends. While a crowd is being stopped each program
 * has its kill timer, and each process that ends is an actor: with 6,000 of them that was half of the shutdown, and it
 * grew with their square. Who has set none, or whose timers are over, needs no look.
 */
export function keepTimersByActor({ system }: AnyActor): void {
  const { scheduler } = system;
  const schedule = scheduler.schedule.bind(scheduler);
  const cancel = scheduler.cancel.bind(scheduler);
  const cancelAll = scheduler.cancelAll.bind(scheduler);
  const named = new WeakMap<AnyActorRef, Set<string>>();
  // Their timers cannot be told apart, nor when they are over.
  const nameless = new WeakSet<AnyActorRef>();

  scheduler.schedule = (source, target, event, delay, id) => {
    if (id === undefined) nameless.add(source);
    else named.set(source, (named.get(source) ?? new Set()).add(id));
    schedule(source, target, event, delay, id);
  };
  scheduler.cancel = (source, id) => {
    named.get(source)?.delete(id);
    cancel(source, id);
  };
  scheduler.cancelAll = (source) => {
    if (nameless.has(source) || (named.get(source)?.size ?? 0) > 0) cancelAll(source);
  };
}
