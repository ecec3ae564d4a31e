import type { Message, Outcome } from './ports.js';
import type { ProgramCommand, ProgramState } from './program-context.js';
import type { ProgramSpec } from './program-spec.js';

/** An order that follows from a message. */
export interface Order {
  readonly name: string;
  readonly command: ProgramCommand;
}

/** What the judge may look at. */
export interface Colony {
  readonly specs: ReadonlyMap<string, ProgramSpec>;
  /** The state of a program that has an actor. */
  readonly stateOf: (name: string) => ProgramState | undefined;
}

const orders = (names: readonly string[], command: ProgramCommand) => ({
  orders: names.map((name) => ({ name, command })),
  outcome: { kind: 'obeyed', names } satisfies Outcome,
});

const declined = (code: string, message: string) => ({
  orders: [],
  outcome: { kind: 'declined', error: { code, message } } satisfies Outcome,
});

/** Decides what a message orders, and what its sender is told. `id` becomes the orders' `by`. */
export function judge(
  id: string,
  message: Message,
  colony: Colony,
): { readonly orders: readonly Order[]; readonly outcome: Outcome } {
  const restart: ProgramCommand = { type: 'program.restart', by: id };
  const wantedUp = () => [...colony.specs.values()].filter((spec) => spec.wanted === 'up');

  if (message.type === 'RESTART-ALL') return orders(wantedUp().map(nameOf), restart);
  if (message.type === 'RESTART-GROUP') {
    return orders(
      wantedUp()
        .filter((spec) => spec.groups.includes(message.group))
        .map(nameOf),
      restart,
    );
  }

  const spec = colony.specs.get(message.name);
  if (spec === undefined) {
    const error = { code: 'EUNKNOWN', message: `there is no program ${JSON.stringify(message.name)}` };
    return { orders: [], outcome: { kind: 'rejected', error } };
  }
  if (message.type === 'SIGNAL') {
    const state = colony.stateOf(spec.name);
    return state === 'starting' || state === 'running' || state === 'killing'
      ? orders([spec.name], { type: 'program.signal', signal: message.signal })
      : declined('ENOTRUNNING', `${spec.name} has no process`);
  }
  if (spec.wanted === 'down') return declined('EDOWN', `${spec.name} is wanted down`);
  return orders([spec.name], message.type === 'RESTART' ? restart : { type: 'program.start', by: id });
}

/** By which of its starts an order is carried out: what ran before it is not yet what was asked for. */
export function startDue(
  { command }: Order,
  program: { readonly state: ProgramState; readonly starts: number },
): number {
  const isKept = command.type !== 'program.restart' && (program.state === 'starting' || program.state === 'running');
  return isKept || command.type === 'program.signal' ? program.starts : program.starts + 1;
}

const nameOf = (spec: ProgramSpec) => spec.name;
