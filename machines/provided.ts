import { programMachine } from './program.js';
import type { configPort, leftoversPort, messagesPort, processPort, signalsPort } from './ports.js';
import { supervisorMachine } from './supervisor.js';
import { wardMachine } from './ward.js';

/** Everything that a supervisor needs of its host. */
export interface SupervisorActors {
  /** One incarnation of a program. */
  readonly process: typeof processPort;
  /** Ends what runs under the name of a program though nobody started it; `noLeftovers` where that cannot be. */
  readonly leftovers: typeof leftoversPort;
  /** Where the programs come from. */
  readonly config: typeof configPort;
  /** Where orders come from; `noOrders` for both where only the host gives them. */
  readonly messages: typeof messagesPort;
  readonly signals: typeof signalsPort;
}

/**
 * A supervisor with all its actors: one that is missing does not compile, where `supervisorMachine.provide` finds it when
 * the actor is started.
 */
export function supervisorWith(actors: SupervisorActors): typeof supervisorMachine {
  const { process, leftovers, ...ports } = actors;
  const program = programMachine.provide({ actors: { process, leftovers } });
  return supervisorMachine.provide({ actors: { ward: wardMachine.provide({ actors: { program } }), ...ports } });
}
