import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../src/completion/completion.js';
import { defineCtl } from '../../../src/ctl/commands.js';
import { defineMonitor } from '../../../src/monitor-command.js';
import { emptyColony, scratch } from '../scratch.js';

function colony() {
  const { home, config } = emptyColony();
  const file = (name: string, group: readonly string[]) =>
    writeFileSync(join(config, name), JSON.stringify({ args: ['cat'], group }));
  file('web', ['front', 'all']);
  file('worker', ['all']);
  file('a\nb', []);
  writeFileSync(join(config, 'bad'), '{');
  mkdirSync(join(config, 'directory'));
  return home;
}

/** What can stand in place of the last word of a line. */
async function complete(line: string, environment: NodeJS.ProcessEnv = {}) {
  const root = new Command('ncolony').helpCommand(false);
  root.command('monitor').description('run');
  root.command('ctl').description('tell');
  const nobody = () => {};
  const load = (command: Command) => {
    if (command.name() === 'ctl') defineCtl(command, nobody);
    if (command.name() === 'monitor') defineMonitor(command, nobody);
    return Promise.resolve();
  };
  const completion = await completionOf(root, load, line.split(' '), environment);
  return completion.kind === 'words' ? completion.candidates.map(({ word }) => word) : completion.kind;
}

describe('completion', () => {
  it.each([
    ['', ['monitor', 'ctl']],
    ['m', ['monitor']],
    ['nonsense ', []],
    ['ctl rest', ['restart', 'restart-all', 'restart-group']],
    ['ctl --messages m --config c sta', ['start', 'status']],
    ['ctl restart x ', []],
    ['ctl restart-all ', []],
    ['monitor --m', ['--messages', '--minrestartdelay', '--maxrestartdelay']],
    ['monitor -t ', []],
    ['monitor -t 5 --log-level f', ['fatal']],
    ['monitor --log-level=f', ['--log-level=fatal']],
    ['monitor --spawn ', ['node', 'native']],
    ['monitor --trust-directories --pidf', ['--pidfile']],
    ['monitor --home ', 'directories'],
    ['monitor --home=', 'directories'],
    ['monitor --logfile x', 'files'],
    ['ctl check a ', 'files'],
    ['ctl status --js', ['--json']],
    ['ctl status -- --js', []],
    ['ctl signal web US', ['USR1', 'USR2']],
    ['ctl signal web SIGUS', ['SIGUSR1', 'SIGUSR2']],
    ['ctl add x --env-inherit ', []],
    ['ctl --nonsense=', []],
  ])('of %j is %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected);
  });

  it('knows the programs and groups of the colony, wherever its directory is named', async () => {
    const home = colony();
    expect(await complete('ctl restart w', { NCOLONY_HOME: home })).toEqual(['web', 'worker']);
    expect(await complete(`ctl --home ${home} restart `)).toEqual(['bad', 'web', 'worker']);
    expect(await complete(`ctl restart --home=${home} we`)).toEqual(['web']);
    expect(await complete(`ctl --config ${home}/conf status b`, { NCOLONY_HOME: '/none' })).toEqual(['bad']);
    expect(await complete('ctl --home ~/c status w', { HOME: join(home, '..') })).toEqual([]);
    expect(await complete('ctl --home ~ status we', { HOME: home })).toEqual(['web']);
    expect(await complete('ctl restart-group ', { NCOLONY_HOME: home })).toEqual(['all', 'front']);
    expect(await complete('ctl check --diff --as w', { NCOLONY_HOME: home })).toEqual(['web', 'worker']);
    expect(await complete('ctl add x --group f', { NCOLONY_HOME: home })).toEqual(['front']);
  });

  it('is empty, and no fault, where the colony cannot be looked at', async () => {
    expect(await complete('ctl restart ')).toEqual([]);
    expect(await complete('ctl restart ', { NCOLONY_HOME: scratch() })).toEqual([]);
    expect(await complete('ctl --home= restart ')).toEqual([]);
  });

  it('says what words and options mean', async () => {
    const root = new Command('ncolony').helpCommand(false);
    root.command('ctl').description('tell');
    const says = async (...words: string[]) => {
      const completion = await completionOf(root, () => Promise.resolve(), words, {});
      return 'candidates' in completion ? completion.candidates : [];
    };
    expect(await says('c')).toEqual([{ word: 'ctl', says: 'tell' }]);
    expect(await says('--h')).toEqual([{ word: '--help', says: 'display help for command' }]);
  });
});
