import type { AnyActorRef } from 'xstate';
import type { ActorView } from './live-protocol.js';

/** The way of an actor from the root; unlike its id it tells the processes of two programs apart. */
export function wayOf(actor: AnyActorRef): string {
  return actor._parent === undefined ? rootName : `${wayOf(actor._parent)}/${actor.id}`;
}

const rootName = 'supervisor';

/** The actors on a way by their labels, the root first. */
export const labelsOn = (way: string): readonly string[] => way.match(/(?:ward|program)\/[^/]+|[^/]+/g) ?? [];

/** Every actor below one, parents first. */
export function actorTree(actor: AnyActorRef, parent: string | null = null): ActorView[] {
  const snapshot = actor.getSnapshot() as {
    readonly value?: unknown;
    readonly children?: Readonly<Record<string, AnyActorRef>>;
  };
  const id = parent === null ? rootName : `${parent}/${actor.id}`;
  const label = parent === null ? rootName : actor.id;
  const state = typeof snapshot.value === 'string' ? snapshot.value : null;
  const children = Object.values(snapshot.children ?? {});
  return [{ id, parent, label, state }, ...children.flatMap((child) => actorTree(child, id))];
}
