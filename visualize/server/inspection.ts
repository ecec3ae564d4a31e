import { createInspector } from '@statelyai/inspect';
import type { ActorRefFrom, AnyActorRef, InspectionEvent } from 'xstate';
import type { WebSocket } from 'ws';
import type { supervisorMachine } from '../../machines/index.js';
import { Clients } from './clients.js';

const mostClients = 8;
/** Actors that a newcomer is told of in one go: the programs come first. */
const slice = 16;
const pauseMs = 5;
/** Who has so much waiting is told of the next actors later. */
const busyBytes = 1024 * 1024;

/**
 * The stream of XState's inspection in the wire format of `@statelyai/inspect`. While nobody looks the machines are not
 * inspected at all.
 */
export class Inspection {
  readonly #root: ActorRefFrom<typeof supervisorMachine>;
  readonly #clients = new Clients(mostClients);

  constructor(root: ActorRefFrom<typeof supervisorMachine>) {
    this.#root = root;
  }

  /** Tells a newcomer of every actor as it is now, parents first, and from then on what happens to those it knows. */
  serve(socket: WebSocket): void {
    const known = new WeakSet<AnyActorRef>();
    const unknown: AnyActorRef[] = [this.#root];
    let timer: NodeJS.Timeout | undefined;
    const inspector = createInspector({
      start: () => undefined,
      stop: () => undefined,
      send: (event) => {
        try {
          this.#clients.send(socket, JSON.stringify(event, told));
        } catch {
          // It is called from a timer, where what is thrown would end the monitor.
          socket.terminate();
        }
      },
    });
    const introduce = (actorRef: AnyActorRef) => {
      known.add(actorRef);
      const { sessionId: rootId } = this.#root;
      inspector.inspect.next?.({ type: '@xstate.actor', actorRef, rootId });
    };
    const walk = () => {
      timer = undefined;
      if (socket.bufferedAmount < busyBytes) {
        for (let told = 0; told < slice; told++) {
          const actorRef = unknown.shift();
          if (actorRef === undefined) return;
          if (!known.has(actorRef)) introduce(actorRef);
          unknown.push(...childrenOf(actorRef));
        }
      }
      timer = setTimeout(walk, pauseMs);
    };
    const subscription = this.#root.system.inspect((event: InspectionEvent) => {
      const actorRef = event.actorRef as AnyActorRef;
      if (event.type === '@xstate.actor') {
        // Others are found on the walk, after their parents.
        if (actorRef._parent !== undefined && known.has(actorRef._parent)) introduce(actorRef);
      } else if (known.has(actorRef)) inspector.inspect.next?.(event);
    });
    const isServed = this.#clients.add(socket, () => {
      subscription.unsubscribe();
      clearTimeout(timer);
    });
    if (isServed) walk();
    else subscription.unsubscribe();
  }

  close(): void {
    this.#clients.close();
  }
}

function childrenOf(actor: AnyActorRef): AnyActorRef[] {
  const { children } = actor.getSnapshot() as { readonly children?: Readonly<Record<string, AnyActorRef>> };
  return Object.values(children ?? {});
}

/** Actors call themselves `{ xstate$$type, id }`; what JSON cannot tell (maps, sets) is told by its size. */
function told(_key: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? { size: value.size } : value;
}
