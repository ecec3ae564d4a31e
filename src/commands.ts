import { Command } from 'commander';
import { print } from './print.js';

interface Word {
  readonly says: string;
  /** Gives the word its options and its deed; `answer` is told the exit code. */
  readonly define: () => Promise<(command: Command, answer: (exitCode: number) => void) => void>;
}

// A word is loaded when it is used: ctl has to start fast.
const words: Readonly<Record<string, Word>> = {
  monitor: {
    says: 'run the programs and watch over them, in the foreground',
    define: async () => (await import('./monitor-command.js')).defineMonitor,
  },
  ctl: {
    says: 'tell a monitor what to do, and ask how its programs are',
    define: async () => (await import('./ctl/commands.js')).defineCtl,
  },
  diagram: {
    says: 'draw the statechart of a program, of the supervisor or of a ward',
    define: async () => (await import('./diagram-command.js')).defineDiagram,
  },
  replay: {
    says: 'show what a monitor recorded',
    define: async () => (await import('./page-commands.js')).defineReplay,
  },
  playground: {
    says: 'try a program out in simulated time',
    define: async () => (await import('./page-commands.js')).definePlayground,
  },
  demo: {
    says: 'create a colony in ./colony, when it is missing, and run it',
    define: async () => (await import('./demo.js')).defineDemo,
  },
};

/** Does what a command line says. Returns the exit code; what goes wrong is one line on standard error. */
export async function run(given: readonly string[]): Promise<number> {
  let exitCode = 0;
  try {
    if (given[0] === '--version' || given[0] === '-V') await printVersion();
    else await ncolony((code) => (exitCode = code)).parseAsync(withHelp(given), { from: 'user' });
    return exitCode;
  } catch (error) {
    const { refusalOf } = await import('./refusal.js');
    const refusal = refusalOf(error);
    if (refusal === undefined) return 0;
    process.stderr.write(refusal.line);
    if (process.env.NCOLONY_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return refusal.exitCode;
  }
}

function ncolony(answer: (exitCode: number) => void): Command {
  const program = new Command('ncolony')
    .description('Keeps the processes of a machine in the state that a directory of files describes.')
    .option('-V, --version', 'print the version of ncolony')
    .helpCommand(false)
    // Options belong to the word before them: in `add web --cmd node --arg --version` it is an argument.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} })
    .addHelpText(
      'after',
      '\nExample:\n  $ ncolony monitor --home colony\n  $ ncolony ctl --home colony add cat --cmd cat',
    );
  for (const [name, { says }] of Object.entries(words)) program.command(name).description(says);
  return program.hook('preSubcommand', async (_program, command) => {
    const define = await words[command.name()]?.define();
    define?.(command, answer);
  });
}

/** `help ctl` is `ctl --help`. */
function withHelp(given: readonly string[]): readonly string[] {
  return given[0] === 'help' ? [...given.slice(1), '--help'] : given;
}

async function printVersion(): Promise<void> {
  const { version } = await import('./version.js');
  print(`${version}\n`);
}
