import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** The states of a chart. Throws where something would be left out: nested states, transitions of the root. */
export function statesOf(root: AnyStateNode): AnyStateNode[] {
  const states = Object.values(root.states);
  if (root.transitions.size > 0 || states.some((state) => Object.keys(state.states).length > 0)) {
    throw new Error(`the chart of ${root.id} is not flat`);
  }
  return states;
}

/** Verbs of actions that say what the event's name says already (`program.stop / wantDown`), note it, or pass it on. */
const silent = /^(want|replace|remember|forget|count|release|tell|relay|report)/;

/** One way to go from a state to another, or to stay in it. */
export interface Way {
  readonly event: string;
  /** Guard and actions, in the words of the chart. */
  readonly manner: readonly string[];
}

/** Throws where a guard has no name. */
export function waysBetween(source: AnyStateNode, target: AnyStateNode): Way[] {
  const candidates = [source.always ?? [], ...source.transitions.values()];
  return candidates.flatMap((transitions) =>
    transitions.flatMap((transition, i) => {
      if ((transition.target?.[0] ?? source) !== target) return [];
      const guard = guardOf(transition) ?? (i > 0 ? 'else' : undefined);
      const again = source === target && transition.reenter ? ['reenter'] : [];
      const manner = [...(guard ? [`[${guard}]`] : []), ...namesOf([...again, ...transition.actions])];
      return [{ event: eventOf(transition), manner }];
    }),
  );
}

/** Events with the same guard and actions. */
export function grouped(
  ways: readonly Way[],
): { readonly events: readonly string[]; readonly manner: readonly string[] }[] {
  const manners = new Map(ways.map(({ manner }) => [manner.join(' '), manner]));
  return [...manners].map(([key, manner]) => ({
    events: ways.filter((way) => way.manner.join(' ') === key).map(({ event }) => event),
    manner,
  }));
}

function eventOf(transition: AnyTransitionDefinition): string {
  const { eventType } = transition;
  if (eventType === '') return 'always';
  if ('delay' in transition) {
    return typeof transition.delay === 'number' ? `after ${transition.delay} ms` : `after ${String(transition.delay)}`;
  }
  const [, fate, actor] = /^xstate\.(error|done)\.actor\.(.+)$/.exec(eventType) ?? [];
  if (actor === undefined) return eventType;
  return `${actor === '*' ? 'an actor' : `${actor} actor`} ${fate === 'error' ? 'broke' : 'ended'}`;
}

function guardOf({ guard, source }: AnyTransitionDefinition): string | undefined {
  if (guard === undefined || typeof guard === 'string') return guard;
  if ('type' in guard) return guard.type;
  throw new Error(`a guard of ${source.id} has no name`);
}

/** Actions are given by name where they matter to the chart; what has params, or is inline, is a detail. */
export function namesOf(actions: readonly unknown[]): string[] {
  const names = actions.filter((action) => typeof action === 'string').filter((name) => !silent.test(name));
  return listed(names).map((name, i) => (i === 0 ? `/ ${name}` : name));
}

/** Words with commas between them. */
export const listed = (words: readonly string[]) => words.map((word, i) => (i < words.length - 1 ? `${word},` : word));
