import type { Command } from 'commander';
import { ColonyError } from './errors.js';
import { print } from './print.js';

/** `ncolony diagram`. */
export function defineDiagram(command: Command): void {
  command
    .argument('[name]', 'program, supervisor or ward', 'program')
    .option('--format <format>', 'mermaid, svg or json', 'mermaid')
    .addHelpText('after', '\nExample:\n  $ ncolony diagram program --format svg > program.svg')
    .action(async (name: string, { format }: { readonly format: string }) => {
      const { diagramFormats, diagramNames, diagramOf } = await import('../visualize/diagram.js');
      const known = diagramFormats.find((each) => each === format);
      if (known === undefined) {
        throw new ColonyError('EUSAGE', `--format: expected one of ${diagramFormats.join(', ')}`);
      }
      const diagram = diagramOf(name, known);
      if (diagram === undefined) {
        throw new ColonyError('EUSAGE', `expected one of ${diagramNames.join(', ')}, not ${JSON.stringify(name)}`);
      }
      print(diagram);
    });
}
