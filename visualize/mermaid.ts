import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { grouped, listed, namesOf, statesOf, waysBetween, type Way } from './ways.js';

/**
 * Draws a statechart as a Mermaid `stateDiagram-v2`, from the machine object and nothing else.
 *
 * A box holds what the state means, its entry and exit actions, and the events that it takes without being left. One
 * arrow leads from a state to another, with a label for each way to go it: `event, event [guard] / action`.
 * Throws where something would be left out: nested states, transitions of the root, guards without a name.
 */
export function toMermaid({ root }: AnyStateMachine): string {
  const states = statesOf(root);
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

function labelsOf(ways: readonly Way[], layout: typeof inBox): string[] {
  return grouped(ways).map(({ events, manner }) => inLines([...listed(events), ...manner], layout));
}

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
