import type { Command } from 'commander';
import { colonyDirectories, createHome, missing, type GivenDirectories } from '../home.js';
import { ColonyError } from '../errors.js';
import { print } from '../print.js';
import { milliseconds } from '../protocol/durations.js';
import type { AddWords } from './orders/add-words.js';
import type { Places } from './places.js';
import type { LogsWords } from './logs/show-logs.js';

/** What a word does with what was given to it. Returns the exit code where it is not 0. */
type Act<Options> = (given: GivenDirectories & Options, ...words: string[]) => Promise<number | void>;

/** `--wait [--timeout S]` as typed. */
interface WaitWords {
  readonly wait?: true;
  readonly timeout?: string;
}

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

  word<AddWords & WaitWords>(
    'add <name>',
    'add a program, or replace the one of that name',
    'add web --cmd node --arg server.js --env PORT=8080',
    async (given, name) => {
      const [{ add, programFile }, { newProgram }] = await Promise.all([
        import('./orders/add.js'),
        import('./orders/add-words.js'),
      ]);
      const places = placesOf(given, 'config');
      const program = newProgram(given);
      programFile(name, program); // Wrong use leaves nothing behind, no home either.
      const timeout = timeoutOf(given);
      createHome(colonyDirectories(given, process.env));
      if (timeout === undefined) return warn(add(places, name, program));
      const { addAndWait } = await import('./waiting/and-wait.js');
      await warn(await addAndWait(placesOf(given, 'config', 'messages'), name, program, timeout));
    },
  )
    .requiredOption('--cmd <command>', 'the executable')
    .option('--arg <argument>', 'an argument of it, as often as there are', collect)
    .option('--env <name=value>', 'a variable of its environment, as often as there are', collect)
    .option('--env-inherit <variable>', "a variable taken over from the monitor's environment", collect)
    .option('--uid <number>', 'the user to run as')
    .option('--gid <number>', 'the group to run as')
    .option('--group <group>', 'a group of programs that it is of, for restart-group', collect)
    .option('--extras <json>', 'more keys of its file: JSON, or @FILE or FILE of JSON')
    .option(...waitOption)
    .option(...timeoutOption);

  /** A word that with `--wait` returns when it is really so. */
  const waitingWord = (usage: string, description: string, example: string, act: Act<WaitWords>) =>
    word<WaitWords>(usage, description, example, act)
      .option(...waitOption)
      .option(...timeoutOption);

  waitingWord('remove <name>', 'stop a program and forget it', 'remove web', async (given, name) => {
    const timeout = timeoutOf(given);
    if (timeout === undefined) {
      const { remove } = await import('./orders/remove.js');
      return remove(placesOf(given, 'config'), name);
    }
    const { removeAndWait } = await import('./waiting/and-wait.js');
    await removeAndWait(placesOf(given, 'config', 'messages'), name, timeout);
  });

  waitingWord('restart <name>', 'restart a program', 'restart web --wait', async (given, name) => {
    const timeout = timeoutOf(given);
    const places = placesOf(given, 'config', 'messages');
    if (timeout === undefined) return void (await import('./orders/restart.js')).restart(places, name);
    const { restartAndWait } = await import('./waiting/and-wait.js');
    await restartAndWait(places, name, timeout);
  });

  waitingWord('restart-all', 'restart all programs', 'restart-all', async (given) => {
    const timeout = timeoutOf(given);
    if (timeout === undefined)
      return void (await import('./orders/restart.js')).restartAll(placesOf(given, 'messages'));
    const { restartAllAndWait } = await import('./waiting/and-wait.js');
    await restartAllAndWait(placesOf(given, 'config', 'messages'), timeout);
  });

  waitingWord(
    'restart-group <group>',
    'restart the programs of a group',
    'restart-group workers',
    async (given, group) => {
      const timeout = timeoutOf(given);
      const places = placesOf(given, 'config', 'messages');
      if (timeout === undefined) return void (await import('./orders/restart.js')).restartGroup(places, group);
      const { restartGroupAndWait } = await import('./waiting/and-wait.js');
      await restartGroupAndWait(places, group, timeout);
    },
  );

  waitingWord('stop <name>', 'want a program down, until start', 'stop web --wait', async (given, name) => {
    const timeout = timeoutOf(given);
    if (timeout === undefined) return (await import('./orders/wanted.js')).stop(placesOf(given, 'config'), name);
    const { stopAndWait } = await import('./waiting/and-wait.js');
    await stopAndWait(placesOf(given, 'config', 'messages'), name, timeout);
  });

  waitingWord('start <name>', 'want a program up, and end its back-off', 'start web --wait', async (given, name) => {
    const timeout = timeoutOf(given);
    const places = placesOf(given, 'config', 'messages');
    if (timeout === undefined) return void (await import('./orders/wanted.js')).start(places, name);
    const { startAndWait } = await import('./waiting/and-wait.js');
    await startAndWait(places, name, timeout);
  });

  word<{ state: string; runAfter?: string; timeout?: string; json?: true }>(
    'wait <name>',
    'wait until a program is in a state, and for the monitor',
    'wait web --state running --timeout 30',
    async (given, name) => {
      const { stateNamed, wait } = await import('./waiting/wait.js');
      const awaited = { state: stateNamed(given.state), runAfter: given.runAfter };
      const timeout = milliseconds('timeout', given.timeout ?? defaultTimeout);
      const report = await wait(placesOf(given, 'config', 'messages'), name, awaited, timeout);
      if (given.json) printLines([JSON.stringify(report)]);
    },
  )
    .requiredOption('--state <state>', 'stopped, starting, running, backing-off or killing')
    .option('--run-after <id>', 'with another run id than this one')
    .option(...timeoutOption)
    .option('--json', 'tell its run id and pid as JSON');

  word('signal <name> <signal>', 'send a signal to a program', 'signal web HUP', async (given, name, signalName) => {
    const { signal } = await import('./orders/signal.js');
    signal(placesOf(given, 'config', 'messages'), name, signalName);
  });

  word<{ json?: true; watch?: true }>(
    'status [name]',
    'show the programs, or one in full',
    'status --watch',
    async (given, name?: string) => {
      // One after the other would cost a turn of the event loop.
      const [{ isAllRunning, status, statusJson }, { statusText }] = await Promise.all([
        import('./status/status.js'),
        import('./shown/status-text.js'),
      ]);
      const where = placesOf(given, 'config', 'messages');
      if (given.watch) return (await import('./shown/status-watch.js')).watchStatus(where, name, given.json);
      const report = status(where, name);
      if (given.json) printLines([statusJson(report)]);
      else printLines(await statusText(report, name !== undefined));
      if (report.monitor === null) throw new ColonyError('ENOMONITOR', `no monitor runs on ${where.messages}`);
      if (report.silentFor !== null) await warn([`the monitor has written nothing for ${report.silentFor} s`]);
      return isAllRunning(report) ? 0 : 1;
    },
  )
    .option('--watch', 'draw it again and again, in place, until q or CTRL-C')
    .option('--json', 'as JSON');

  word<{ json?: true; lines?: string }>(
    'explain <name>',
    'tell why a program is as it is, and what is next',
    'explain web -n 50',
    async (given, name) => {
      const [{ explain, explanationLines }, { wholeNumber }] = await Promise.all([
        import('./story/explain.js'),
        import('./numbers.js'),
      ]);
      const explanation = explain(
        placesOf(given, 'config', 'messages'),
        name,
        wholeNumber('lines', given.lines ?? defaultLines),
      );
      printLines(given.json ? [JSON.stringify(explanation)] : explanationLines(explanation, Date.now()));
    },
  )
    .option('-n, --lines <count>', `how many lines of its history (default: ${defaultLines})`)
    .option('--json', 'as JSON');

  word<LogsWords>('logs <name...>', 'show what programs said', 'logs web worker -f', async (given, ...names) => {
    const { showLogs } = await import('./logs/show-logs.js');
    const { logs, config } = colonyDirectories(given, process.env);
    return showLogs({ ...given, logs, config }, [...new Set(names)]);
  })
    .option('-f, --follow', 'go on with what they say')
    .option('-n, --lines <number>', 'the last lines of each (default: 100, or all since a time)')
    .option('--since <time>', 'a time (ISO 8601), or how long ago: 90s, 10m, 2h, 3d')
    .option('--logs <dir>', 'what the monitor was told (default: logs in the home)')
    .option('--logfile <file>', "the monitor's own log, where it was not told --logs")
    .option('--json', 'each line as JSON');

  word<{ json?: true; diff?: true; as?: string }>(
    'check [file...]',
    'check program files, or all of the colony, without acting',
    'check --diff',
    async (given, ...files) => {
      if (given.as !== undefined && (!given.diff || files.length !== 1)) {
        throw new ColonyError('EUSAGE', '--as: expected --diff and one file');
      }
      if (given.diff) return checkDiff(given, files);
      const { check, checkLines } = await import('./check/check.js');
      const report = check(files.length > 0 ? files : placesOf(given, 'config'));
      printLines(given.json ? [JSON.stringify(report)] : checkLines(report));
      return report.faults.length === 0 ? 0 : 1;
    },
  )
    .option('--diff', 'also what would start, stop or restart, if these files were in force')
    .option('--as <name>', 'compare the file with the program of this name (default: that of the file, without .new)')
    .option('--json', 'as JSON');
}

async function checkDiff(
  given: GivenDirectories & { readonly json?: true; readonly as?: string },
  files: readonly string[],
): Promise<number> {
  const { checkDiff: compare, diffLines } = await import('./check/check-diff.js');
  const places = placesOf(given, 'config', 'messages');
  const report = compare(places, files.length > 0 ? { files, as: given.as } : undefined);
  printLines(given.json ? [JSON.stringify(report)] : diffLines(report));
  if (report.diff === null) throw new ColonyError('ENOMONITOR', `no monitor runs on ${places.messages}`);
  return report.faults.length === 0 ? 0 : 1;
}

const defaultTimeout = '30';
const defaultLines = '20';
const waitOption = ['--wait', 'return when it is really so: 1 when it does not come to that'] as const;
const timeoutOption = ['--timeout <seconds>', `how long to wait (default: ${defaultTimeout})`] as const;

/** How long to wait, in ms; `undefined`: not at all. Throws `EUSAGE`. */
function timeoutOf({ wait, timeout }: WaitWords): number | undefined {
  if (!wait && timeout === undefined) return undefined;
  if (!wait) throw new ColonyError('EUSAGE', '--timeout: needs --wait');
  return milliseconds('timeout', timeout ?? defaultTimeout);
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
