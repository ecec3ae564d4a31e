import type { Command } from 'commander';
import { completionScripts, shells } from './completion/scripts.js';
import { ColonyError } from './errors.js';
import { print } from './print.js';

/** `ncolony completion`. */
export function defineCompletion(command: Command): void {
  command
    .argument('<shell>', shells.join(' or '))
    .addHelpText('after', '\nExample:\n  $ source <(ncolony completion bash)')
    .action((name: string) => {
      const shell = shells.find((known) => known === name);
      if (shell === undefined) throw new ColonyError('EUSAGE', `completion: expected one of ${shells.join(', ')}`);
      print(completionScripts[shell]);
    });
}
