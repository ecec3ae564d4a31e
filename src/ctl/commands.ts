import type { Command } from 'commander';
import { colonyDirectories, createHome, missing, type GivenDirectories } from '../home.js';
import { ColonyError } from '../errors.js';
import { print } from '../print.js';
import type { AddWords } from './add-words.js';
import type { Places } from './places.js';
import type { LogsWords } from './show-logs.js';

/** What a word does with what was given to it. Returns the exit code where it is not 0. */
type Act<Options> = (given: GivenDirectories & Options, ...words: string[]) => Promise<number | void>;

/** The words of `ncolony ctl`. Each loads what it needs when it is used. */
export function defineCtl(ctl: Command, answer: (exitCode: number) => void): void {
  addDirectories(ctl.enablePositionalOptions().helpCommand(false));
  ctl.addHelpText('after', '\nExample:\n  $ ncolony ctl --home colony status');
  const word = <Options = object>(usage: string, description: string, example: string, act: Act<Options>) => {
    const command = addDirectories(ctl.command(usage).description(description));
    return command.addHelpText('after', `\nExample:\n  $ ncolony ctl --home colony ${example}`).action(async () => {
      const given = { ...ctl.opts<GivenDirectories>(), ...command.opts<GivenDirectories & Options>() };
      answer((await act(given, ...command.args)) ?? 0);
    });
  };

  word<AddWords>(
    'add <name>',
    'add a program, or replace the one of that name',
    'add web --cmd node --arg server.js --env PORT=8080',
    async (given, name) => {
      const [{ add, programFile }, { newProgram }] = await Promise.all([import('./add.js'), import('./add-words.js')]);
      const places = placesOf(given, 'config');
      const program = newProgram(given);
      programFile(name, program); // Wrong use leaves nothing behind, no home either.
      createHome(colonyDirectories(given, process.env));
      await warn(add(places, name, program));
    },
  )
    .requiredOption('--cmd <command>', 'the executable')
    .option('--arg <argument>', 'an argument of it, as often as there are', collect)
    .option('--env <name=value>', 'a variable of its environment, as often as there are', collect)
    .option('--env-inherit <name>', "a variable taken over from the monitor's environment", collect)
    .option('--uid <number>', 'the user to run as')
    .option('--gid <number>', 'the group to run as')
    .option('--group <group>', 'a group of programs that it is of, for restart-group', collect)
    .option('--extras <json>', 'more keys of its file: JSON, or @FILE or FILE of JSON');

  word('remove <name>', 'stop a program and forget it', 'remove web', async (given, name) => {
    const { remove } = await import('./remove.js');
    remove(placesOf(given, 'config'), name);
  });

  word('restart <name>', 'restart a program', 'restart web', async (given, name) => {
    const { restart } = await import('./restart.js');
    restart(placesOf(given, 'config', 'messages'), name);
  });

  word('restart-all', 'restart all programs', 'restart-all', async (given) => {
    const { restartAll } = await import('./restart.js');
    restartAll(placesOf(given, 'messages'));
  });

  word('restart-group <group>', 'restart the programs of a group', 'restart-group workers', async (given, group) => {
    const { restartGroup } = await import('./restart.js');
    restartGroup(placesOf(given, 'config', 'messages'), group);
  });

  word('stop <name>', 'want a program down, until start', 'stop web', async (given, name) => {
    const { stop } = await import('./wanted.js');
    stop(placesOf(given, 'config'), name);
  });

  word('start <name>', 'want a program up, and end its back-off', 'start web', async (given, name) => {
    const { start } = await import('./wanted.js');
    start(placesOf(given, 'config', 'messages'), name);
  });

  word('signal <name> <signal>', 'send a signal to a program', 'signal web HUP', async (given, name, signalName) => {
    const { signal } = await import('./signal.js');
    signal(placesOf(given, 'config', 'messages'), name, signalName);
  });

  word<{ json?: true }>('status [name]', 'show the programs, or one', 'status --json', async (given, name?: string) => {
    const { isAllRunning, status, statusJson } = await import('./status.js');
    const where = placesOf(given, 'config', 'messages');
    const report = status(where, name);
    if (given.json) printLines([statusJson(report)]);
    else {
      const { statusTable } = await import('./table.js');
      const { isTTY, columns } = process.stdout;
      printLines(statusTable(report, { columns, colour: isTTY && !process.env.NO_COLOR, now: Date.now() }));
    }
    if (report.monitor === null) throw new ColonyError('ENOMONITOR', `no monitor runs on ${where.messages}`);
    return isAllRunning(report) ? 0 : 1;
  }).option('--json', 'as JSON');

  word<LogsWords>('logs <name...>', 'show what programs said', 'logs web worker -f', async (given, ...names) => {
    const { showLogs } = await import('./show-logs.js');
    const { logs, config } = colonyDirectories(given, process.env);
    return showLogs({ ...given, logs, config }, [...new Set(names)]);
  })
    .option('-f, --follow', 'go on with what they say')
    .option('-n, --lines <number>', 'the last lines of each (default: 100, or all since a time)')
    .option('--since <time>', 'a time (ISO 8601), or how long ago: 90s, 10m, 2h, 3d')
    .option('--logs <dir>', 'what the monitor was told (default: logs in the home)')
    .option('--logfile <file>', "the monitor's own log, where it was not told --logs")
    .option('--json', 'each line as JSON');

  word<{ json?: true }>(
    'check [file...]',
    'check program files, or all of the colony, without acting',
    'check',
    async (given, ...files) => {
      const { check, checkLines } = await import('./check.js');
      const report = check(files.length > 0 ? files : placesOf(given, 'config'));
      printLines(given.json ? [JSON.stringify(report)] : checkLines(report));
      return report.faults.length === 0 ? 0 : 1;
    },
  ).option('--json', 'as JSON');
}

/** The options that may stand before a word of ctl or after it. */
function addDirectories(command: Command): Command {
  return command
    .option('--messages <dir>', 'where messages to the monitor are left')
    .option('--config <dir>', 'where each program has a file')
    .option('--home <dir>', 'stands for DIR/messages and DIR/conf (default: $NCOLONY_HOME)');
}

function placesOf<Needed extends keyof Places>(given: GivenDirectories, ...needed: Needed[]): Pick<Places, Needed> {
  const { config, messages } = colonyDirectories(given, process.env);
  const known = { config, messages };
  for (const place of needed) if (known[place] === undefined) throw missing(place);
  return known as Pick<Places, Needed>;
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function printLines(lines: readonly string[]): void {
  print(lines.map((line) => `${line}\n`).join(''));
}

async function warn(warnings: readonly string[]): Promise<void> {
  const { printable } = await import('../printable.js');
  for (const warning of warnings) process.stderr.write(`ncolony: warning: ${printable(warning)}\n`);
}
