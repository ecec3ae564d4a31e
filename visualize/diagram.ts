import { readFileSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import { programMachine, supervisorMachine, wardMachine } from '../machines/index.js';
import { toMermaid } from './mermaid.js';

const machines: Readonly<Record<string, AnyStateMachine>> = {
  program: programMachine,
  supervisor: supervisorMachine,
  ward: wardMachine,
};

export const diagramNames = Object.keys(machines);
export const diagramFormats = ['mermaid', 'svg', 'json'] as const;
export type DiagramFormat = (typeof diagramFormats)[number];

/** A statechart as text; `undefined`: there is none of that name. The SVG was drawn when ncolony was built. */
export function diagramOf(name: string, format: DiagramFormat): string | undefined {
  const machine = Object.hasOwn(machines, name) ? machines[name] : undefined;
  if (machine === undefined) return undefined;
  switch (format) {
    case 'mermaid':
      return toMermaid(machine);
    case 'svg':
      return readFileSync(new URL(`diagrams/${name}.svg`, import.meta.url), 'utf8');
    case 'json':
      return `${JSON.stringify(machine.definition, null, 2)}\n`;
  }
}
