import { fromCallback, type AnyEventObject } from 'xstate';
import { listen } from './listening.js';

/**
 * Sends its parent, as events, the facts that another actor emits: emitted events reach listeners only, and a machine that
 * invokes a supervisor wants to react to them. Invoke it after the supervisor, with the supervisor's `systemId` as `of`.
 */
export const factRelay = fromCallback<AnyEventObject, { readonly of: string }>(({ input, system, sendBack }) => {
  const actor: unknown = system.get(input.of);
  if (!isEmitter(actor)) throw new Error(`there is no actor with the systemId ${JSON.stringify(input.of)}`);
  return listen(actor, '*', sendBack, (error) => {
    throw error;
  });
});

type Emitting = Parameters<typeof listen<AnyEventObject, '*'>>[0];

const isEmitter = (actor: unknown): actor is Emitting => typeof actor === 'object' && actor !== null && 'on' in actor;
