import { Option, type Command } from 'commander';
import { ColonyError } from './errors.js';
import { monitorDefaults, timingsOf, type TimingWords } from './options.js';
import { print } from './print.js';
import { milliseconds } from './protocol/durations.js';
import type { Order, SimulationOptions } from './simulate/simulation.js';

/** The words of `ncolony simulate` as they were typed: durations in seconds. */
interface SimulateWords extends TimingWords {
  readonly for: string;
  readonly diesAfter?: string;
  readonly exitCode: string;
  readonly ignoresTerm?: true;
  readonly stopAt?: string;
  readonly restartAt?: readonly string[];
  readonly json?: true;
}

const longest = 366 * 24 * 3_600_000;

/** `ncolony simulate`. */
export function defineSimulate(command: Command): void {
  const option = (flags: string, says: string, value?: string) =>
    command.addOption(value === undefined ? new Option(flags, says) : new Option(flags, says).default(value, value));

  option('--dies-after <seconds>', 'how long each process lives (default: for ever)');
  option('--exit-code <code>', 'with what it then exits', '1');
  option('--ignores-term', 'it obeys nothing but SIGKILL');
  option('-t, --threshold <seconds>', 'a process that dies younger died at once', monitorDefaults.threshold);
  option('-k, --killtime <seconds>', 'from the stop signal to SIGKILL', monitorDefaults.killtime);
  option('-m, --minrestartdelay <seconds>', 'the first wait after a death at once', monitorDefaults.minrestartdelay);
  option('-M, --maxrestartdelay <seconds>', 'the longest; each wait doubles', monitorDefaults.maxrestartdelay);
  option('--for <seconds>', 'how long it is simulated, up to a year', '600');
  option('--stop-at <seconds>', 'when a stop is asked for');
  command.option('--restart-at <seconds>', 'when a restart is asked for, as often as there are', collect);
  option('--json', 'as JSON');

  command
    .addHelpText('after', '\nExample:\n  $ ncolony simulate --dies-after 0.2 -t 1 -m 1 -M 3600 --for 600')
    .action(async (words: SimulateWords) => {
      const options = simulationOptions(words);
      const [{ simulate }, { timelineJson, timelineLines }] = await Promise.all([
        import('./simulate/simulation.js'),
        import('./simulate/timeline.js'),
      ]);
      const outcome = simulate(options);
      const { duration } = options;
      const lines = words.json ? [timelineJson(outcome, duration)] : timelineLines(outcome, duration);
      print(lines.map((line) => `${line}\n`).join(''));
    });
}

function simulationOptions(words: SimulateWords): SimulationOptions {
  const duration = milliseconds('for', words.for, 0, longest);
  const order = (type: Order['type'], text: string): Order => ({
    at: milliseconds(`${type}-at`, text, 0, duration),
    type,
  });
  if (!/^\d{1,3}$/.test(words.exitCode) || Number(words.exitCode) > 255) {
    throw new ColonyError('EUSAGE', '--exit-code: expected a number from 0 to 255');
  }
  return {
    timings: timingsOf(words),
    duration,
    behaviour: {
      // One that is gone in no time would be restarted without end in no time.
      diesAfter: words.diesAfter === undefined ? Infinity : milliseconds('dies-after', words.diesAfter, 1),
      exitCode: Number(words.exitCode),
      ignoresTerm: words.ignoresTerm ?? false,
    },
    orders: [
      ...(words.restartAt ?? []).map((text) => order('restart', text)),
      ...(words.stopAt === undefined ? [] : [order('stop', words.stopAt)]),
    ],
  };
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
