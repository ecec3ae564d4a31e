import type { AnyActorRef, InspectionEvent } from 'xstate';
import { wayOf } from './actor-tree.js';
import type { Flow } from './live-protocol.js';

/** What an inspected event is as a message between two actors; `undefined`: it is none. */
export function flowOf(event: InspectionEvent, at: number): Flow | undefined {
  if (event.type !== '@xstate.event') return undefined;
  const sender = event.sourceRef as AnyActorRef | undefined;
  const from = sender === undefined ? 'world' : wayOf(sender);
  return { at, from, to: wayOf(event.actorRef as AnyActorRef), event: event.event.type };
}
