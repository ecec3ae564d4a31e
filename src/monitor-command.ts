import { Option, type Command } from 'commander';
import { colonyDirectories, createHome } from './home.js';
import { keepHeapSmall } from './os/small-heap.js';
import { logLevels, monitorDefaults, monitorOptions, type MonitorWords } from './options.js';

/** `ncolony monitor`. */
export function defineMonitor(command: Command, answer: (exitCode: number) => void): void {
  const option = (flags: string, says: string, value?: string) =>
    command.addOption(value === undefined ? new Option(flags, says) : new Option(flags, says).default(value, value));

  option('--messages <dir>', 'where messages to the monitor are left');
  option('--config <dir>', 'where each program has a file');
  option('--pid <dir>', 'where each program gets a file with its pid');
  option('--logs <dir>', 'where each program gets a file with its output');
  option('--log-size <bytes>', 'a file of --logs is full with so many, such as 10M; 0: never', monitorDefaults.logSize);
  option('--log-age <seconds>', 'or when it is so old; 0: never', monitorDefaults.logAge);
  option('--log-keep <number>', 'how many full ones of a program are kept', monitorDefaults.logKeep);
  option('--log-total <bytes>', 'what all of a program may have together; 0: no limit', monitorDefaults.logTotal);
  option('--log-gzip', 'compress full ones');
  option('--log-stamps', 'begin each line in --logs with its time');
  option('--home <dir>', 'stands for DIR/messages, DIR/conf, DIR/pid and DIR/logs (default: $NCOLONY_HOME)');
  option('--frequency <seconds>', 'between two full rescans, which back up the watcher', monitorDefaults.frequency);
  option('-t, --threshold <seconds>', 'a process that dies younger died at once', monitorDefaults.threshold);
  option('-k, --killtime <seconds>', 'from the stop signal to SIGKILL', monitorDefaults.killtime);
  option('-m, --minrestartdelay <seconds>', 'the first wait after a death at once', monitorDefaults.minrestartdelay);
  option('-M, --maxrestartdelay <seconds>', 'the longest; each wait doubles', monitorDefaults.maxrestartdelay);
  option(
    '--give-up <deaths/seconds>',
    'at more deaths in so many seconds: stop everything and exit 1 (default: never)',
  );
  option('--logfile <file>', "the monitor's own log, instead of standard output");
  option('--pidfile <file>', "gets the monitor's own pid");
  option('--log-level <level>', logLevels.join(', '), monitorDefaults.logLevel);
  option('--spawn <how>', 'node or native (default: native where it loads)');
  option('--http <[host:]port>', 'a page, metrics and the XState inspector; on the loopback where no host is given');
  option('--http-token <file>', 'holds what has to be shown there (default: $NCOLONY_HTTP_TOKEN)');
  option('--http-control', 'programs can be restarted, stopped and started there; needs a token');
  option('--record <file>', 'all that happens, for ncolony replay; at most 16 MiB');
  option('--trust-directories', 'obey whoever can write the directories, though this monitor runs as root');

  command
    .addHelpText('after', '\nExample:\n  $ ncolony monitor --messages messages --config conf')
    .action(async (words: MonitorWords) => {
      const options = monitorOptions(words, process.env);
      createHome(colonyDirectories(words, process.env));
      // Before anything else is loaded: what grew does not shrink.
      keepHeapSmall();
      const { runMonitor } = await import('./monitor.js');
      answer(await runMonitor(options));
    });
}
