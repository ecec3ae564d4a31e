import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { programMachine, supervisorMachine, wardMachine } from '../machines/index.js';
import { toMermaid } from './mermaid.js';
import { withDiagram } from './readme.js';
import { toSvg } from './svg.js';

// It is run from dist/visualize, and writes into the sources.
const root = new URL('../../', import.meta.url);
const diagrams = new URL('visualize/diagrams/', root);
const readme = new URL('README.md', root);

mkdirSync(diagrams, { recursive: true });
for (const machine of [programMachine, supervisorMachine, wardMachine]) {
  const diagram = toMermaid(machine);
  writeFileSync(new URL(`${machine.id}.mmd`, diagrams), diagram);
  writeFileSync(new URL(`${machine.id}.svg`, diagrams), await toSvg(machine));
  writeFileSync(readme, withDiagram(readFileSync(readme, 'utf8'), machine.id, diagram));
}
