import { readFileSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { programMachine, supervisorMachine, wardMachine } from '../../machines/index.js';
import { toMermaid } from '../../visualize/mermaid.js';
import { withDiagram } from '../../visualize/readme.js';

interface Written {
  readonly target?: string;
  readonly guard?: string;
}

interface Way {
  readonly source: string;
  readonly target: string;
  /** The event in the words of the chart. */
  readonly event: string;
  readonly guard: string | undefined;
}

const inPlainWords: Record<string, string> = {
  'xstate.error.actor.process': 'process actor broke',
  'xstate.error.actor.*': 'an actor broke',
  'xstate.done.actor.*': 'an actor ended',
};

/** Every way of a machine, as its source writes it. */
function waysOf(machine: AnyStateMachine): Way[] {
  return Object.entries(machine.config.states ?? {}).flatMap(([source, state]) => {
    const delays = Object.entries(state.after ?? {}).map(([delay, written]) => [`after ${delay}`, written] as const);
    const written = [['always', state.always ?? []] as const, ...delays, ...Object.entries(state.on ?? {})];
    return written.flatMap(([event, candidates]) =>
      [candidates as Written | Written[]].flat().map(({ target = source, guard }, i) => ({
        source,
        target,
        event: inPlainWords[event] ?? event,
        guard: guard ?? (i > 0 ? 'else' : undefined),
      })),
    );
  });
}

/** What a reader sees in the box of a state, or on the arrow between two; line breaks are spaces. */
function seen(diagram: string, source: string, target: string): string {
  const [from, to] = [source, target].map((state) => state.replaceAll('-', '_'));
  const start = source === target ? `  ${from} : ` : `  ${from} --> ${to} : `;
  const line = diagram.split('\n').find((candidate) => candidate.startsWith(start)) ?? '';
  return line
    .slice(start.length)
    .replaceAll(/<br\/>(#emsp;)?/g, ' ')
    .replaceAll(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const literally = (text: string) => text.replaceAll(/[.*]/g, '\\$&');

describe.each([programMachine, supervisorMachine, wardMachine])(
  'the diagram of the $id',
  (machine: AnyStateMachine) => {
    const diagram = toMermaid(machine);

    test('is the one that is committed, alone and in the README', () => {
      expect(textOf(`visualize/diagrams/${machine.id}.mmd`), 'npm run diagrams').toBe(diagram);
      const readme = textOf('README.md');
      expect(readme, 'npm run diagrams').toBe(withDiagram(readme, machine.id, diagram));
    });

    test.each(Object.values(machine.root.states))('shows the state $key and what it means', ({ key, description }) => {
      expect(diagram).toContain(`state "${key}" as `);
      expect(description).toMatch(/^[A-Z].*\.$/);
      expect(seen(diagram, key, key)).toContain(description);
    });

    test.each(waysOf(machine))(
      'shows the way $source → $target by $event [$guard]',
      ({ source, target, event, guard }) => {
        const rest = guard === undefined ? '( /|,| |$)' : `(, [\\w. *-]+)* \\[${guard}\\]`;
        expect(seen(diagram, source, target)).toMatch(new RegExp(`(^| )${literally(event)}${rest}`));
      },
    );

    test('consists of lines that Mermaid reads', () => {
      const id = String.raw`(\w+|\[\*\])`;
      const text = String.raw`([^:;#]|#\w+;)+`;
      const line = new RegExp(String.raw`^  (state "${text}" as \w+|\w+ : ${text}|${id} --> ${id}( : ${text})?)$`);
      const [first, ...rest] = diagram.trimEnd().split('\n');
      expect(first).toBe('stateDiagram-v2');
      expect(rest.filter((candidate) => !line.test(candidate))).toEqual([]);
    });
  },
);
