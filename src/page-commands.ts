import { once } from 'node:events';
import type { Command } from 'commander';
import { httpOptions } from './http-options.js';
import { print } from './print.js';

interface Words {
  readonly http: string;
}

const addHttp = (command: Command) =>
  command.option('--http <[host:]port>', 'where the page is; on the loopback, a port that is free', '0');

/** `ncolony replay`. */
export function defineReplay(command: Command): void {
  addHttp(command)
    .argument('<file>', 'what a monitor wrote with --record')
    .addHelpText('after', '\nExample:\n  $ ncolony replay flight.jsonl')
    .action(async (file: string, words: Words) => {
      const { readRecording } = await import('../visualize/server/recorder.js');
      await serve(words, 'replay', readRecording(file));
    });
}

/** `ncolony playground`. */
export function definePlayground(command: Command): void {
  addHttp(command)
    .addHelpText('after', '\nExample:\n  $ ncolony playground')
    .action((words: Words) => serve(words, 'playground'));
}

/** Until it is told to stop. */
async function serve(words: Words, mode: 'replay' | 'playground', recording?: string): Promise<void> {
  const http = httpOptions(words, {});
  if (http === undefined) return;
  const { servePage } = await import('../visualize/server/page-server.js');
  print(`${await servePage(http, { mode }, recording)}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
