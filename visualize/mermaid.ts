import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/**
 * Draws a statechart as a Mermaid `stateDiagram-v2`, from the machine object and nothing else.
 *
 * A box holds what the state means, its entry and exit actions, and the events that it takes without being left. One
 * arrow leads from a state to another, with a label for each way to go it: `event, event [guard] / action`.
 * Throws where something would be left out: nested states, transitions of the root, guards without a name.
 */
export function toMermaid({ root }: AnyStateMachine): string {
  const states = Object.values(root.states);
  if (root.transitions.size > 0 || states.some((state) => Object.keys(state.states).length > 0)) {
    throw new Error(`the chart of ${root.id} is not flat`);
  }
  const lines = [
    ...states.flatMap(boxOf),
    ...(root.initial.target ?? []).map((state) => `[*] --> ${idOf(state)}`),
    // Mermaid lays out by the order of the arrows. In the order of the states a chart reads from its first state down.
    ...states.flatMap((source) => states.flatMap((target) => arrowBetween(source, target))),
    ...states.filter((state) => state.type === 'final').map((state) => `${idOf(state)} --> [*]`),
  ];
  return ['stateDiagram-v2', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/**
 * Lines of at most so many characters, and how one goes on: what is in a box hangs by an em space.
 * Mermaid itself breaks the labels of arrows at 200 px, wherever that falls: ours are broken before.
 */
const inBox = { columns: 44, continued: '<br/>#emsp;' };
const onArrow = { columns: 24, continued: '<br/>' };

/** Verbs of actions that say what the event's name says already (`program.stop / wantDown`), note it, or pass it on. */
const silent = /^(want|replace|remember|forget|count|release|tell|relay|report)/;

/** A hyphen in an id would begin an arrow. */
const idOf = (state: AnyStateNode) => state.key.replaceAll('-', '_');

function boxOf(state: AnyStateNode): string[] {
  const { description = '', entry, exit } = state.config;
  const inside = [
    ...Object.entries({ entry, exit }).flatMap(([when, actions]) => {
      const names = namesOf([actions ?? []].flat());
      return names.length > 0 ? [inLines([when, ...names], inBox)] : [];
    }),
    ...labelsOf(waysBetween(state, state), inBox),
  ];
  const meaning = inLines(description.split(' '), { ...inBox, continued: '<br/>' });
  const text = [meaning, inside.join('<br/>')].filter((paragraph) => paragraph !== '').join('<br/><br/>');
  return [`state "${escaped(state.key)}" as ${idOf(state)}`, ...(text === '' ? [] : [`${idOf(state)} : ${text}`])];
}

function arrowBetween(source: AnyStateNode, target: AnyStateNode): string[] {
  const labels = source === target ? [] : labelsOf(waysBetween(source, target), onArrow);
  return labels.length > 0 ? [`${idOf(source)} --> ${idOf(target)} : ${labels.join('<br/>')}`] : [];
}

interface Way {
  readonly event: string;
  /** Guard and actions, in the words of the chart. */
  readonly manner: readonly string[];
}

function waysBetween(source: AnyStateNode, target: AnyStateNode): Way[] {
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

/** Events with the same guard and actions share a label. */
function labelsOf(ways: readonly Way[], layout: typeof inBox): string[] {
  const manners = new Map(ways.map(({ manner }) => [manner.join(' '), manner]));
  return [...manners].map(([key, manner]) => {
    const events = ways.filter((way) => way.manner.join(' ') === key).map(({ event }) => event);
    return inLines([...listed(events), ...manner], layout);
  });
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
function namesOf(actions: readonly unknown[]): string[] {
  const names = actions.filter((action) => typeof action === 'string').filter((name) => !silent.test(name));
  return listed(names).map((name, i) => (i === 0 ? `/ ${name}` : name));
}

const listed = (words: readonly string[]) => words.map((word, i) => (i < words.length - 1 ? `${word},` : word));

function inLines(words: readonly string[], { columns, continued }: typeof inBox): string {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map(escaped).join(continued);
}

const escaped = (text: string) => text.replace(/[#;:<>"&]/g, (character) => `#${character.charCodeAt(0)};`);
