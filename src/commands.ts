import { createRequire } from 'node:module';
import type * as commander from 'commander';
import { print } from './print.js';

// An `import` of what is CommonJS looks through its source for names first: it takes 3 ms longer.
const { Command } = createRequire(import.meta.url)('commander') as typeof commander;
type Command = InstanceType<typeof Command>;

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
  simulate: {
    says: 'show what the options of a monitor do to a program that dies, under simulated time',
    define: async () => (await import('./simulate-command.js')).defineSimulate,
  },
  completion: {
    says: 'print what makes bash or zsh complete command lines of ncolony',
    define: async () => (await import('./completion-command.js')).defineCompletion,
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
    else if (given[0] === '__complete') await complete(given.slice(1));
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
  return program.hook('preSubcommand', (_program, command) => define(command, answer));
}

async function define(command: Command, answer: (exitCode: number) => void): Promise<void> {
  const word = command.parent?.parent ? undefined : words[command.name()];
  (await word?.define())?.(command, answer);
}

/** Answers a shell while a command line is typed. */
async function complete(question: readonly string[]): Promise<void> {
  const { answerShell } = await import('./completion/answer.js');
  const nobody = () => {};
  print(await answerShell(ncolony(nobody), (command) => define(command, nobody), question, process.env));
}

/** `help ctl` is `ctl --help`. */
function withHelp(given: readonly string[]): readonly string[] {
  return given[0] === 'help' ? [...given.slice(1), '--help'] : given;
}

async function printVersion(): Promise<void> {
  const { version } = await import('./version.js');
  print(`${version}\n`);
}
