import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { add } from './ctl/orders/add.js';
import { colonyDirectories, createHome } from './home.js';
import { monitorDefaults, monitorOptions } from './options.js';
import { print } from './print.js';

const ticking = 'tick=0; while :; do tick=$((tick + 1)); echo "tick $tick"; sleep 1; done';

/** Creates a colony with two programs. Where the directory is there already it is left as it is. */
export function createDemo(home: string): void {
  if (existsSync(home)) return;
  createHome(colonyDirectories({ home }, {}));
  const config = join(home, 'conf');
  add({ config }, 'my-cat-program', { cmd: 'cat' });
  add({ config }, 'ticker', { cmd: 'sh', args: ['-c', ticking] });
}

/** `ncolony demo`. */
export function defineDemo(command: Command, answer: (exitCode: number) => void): void {
  command.addHelpText('after', '\nExample:\n  $ ncolony demo').action(async () => answer(await runDemo('colony')));
}

/** Runs the colony of a home in the foreground, its programs' output in plain sight. Returns the monitor's exit code. */
async function runDemo(home: string): Promise<number> {
  createDemo(home);
  const directories = colonyDirectories({ home }, {});
  createHome(directories);
  print(`${hints(home)}\n`);
  const { logs: _, ...options } = monitorOptions({ ...monitorDefaults, home }, {});
  const { runMonitor } = await import('./monitor.js');
  return runMonitor(options);
}

const hints = (home: string) => `
A colony lives in ./${home}. Its monitor runs here, until CTRL-C. In a second terminal, try:

  npx ncolony ctl --home ${home} status
  npx ncolony ctl --home ${home} restart ticker
  npx ncolony ctl --home ${home} add dates --cmd sh --arg -c --arg 'while date; do sleep 5; done'
  npx ncolony ctl --home ${home} remove dates
  ls ${home}/conf && cat ${home}/conf/ticker
`;
