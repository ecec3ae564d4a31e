import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { mkdirSync, renameSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, vi } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import { anyAttack, Battlefield } from '../fixtures/attacks.js';
import { tries } from '../fixtures/chances.js';

const stays = { args: ['sleep', '1000'] };

/** Which program runs what, as `NAME SECONDS`, and how often. */
function running(colony: Colony): string[] {
  return colony
    .processes()
    .map(({ environment, command }) => `${environment['NCOLONY_NAME']} ${command[1]}`)
    .sort();
}

/** The differences between what runs and what the files say. */
function differences(colony: Colony, field: Battlefield): string[] {
  const wanted = field.wanted();
  const runs = running(colony);
  const strangers = runs.filter((run, index) => {
    const [name = '', seconds] = run.split(' ');
    const want = wanted.get(name);
    const isTwice = runs[index - 1]?.startsWith(`${name} `) ?? false;
    return isTwice || !wanted.has(name) || (want !== undefined && want !== seconds);
  });
  const missing = [...wanted].filter(([name, want]) => want !== undefined && !runs.includes(`${name} ${want}`));
  return [...strangers.map((run) => `runs: ${run}`), ...missing.map((pair) => `does not run: ${pair.join(' ')}`)];
}

describe('files under attack: whatever is done to them at any speed, in the end what runs is what they say', () => {
  const count = 10_000;
  const { seed } = tries(1);

  test(`10,000 operations (PROPERTY_SEED=${seed})`, { timeout: 120_000 }, async ({ colony }) => {
    const field = new Battlefield(colony.config, join(colony.root, 'beside'));
    const monitor = await colony.monitor('--frequency', '0.3', '-m', '0.01', '-M', '0.05');
    const attacks = fc.sample(fc.tuple(anyAttack, fc.nat(999)), { numRuns: count, seed });
    for (const [attack, chance] of attacks) {
      field.attack(attack);
      // At full speed for a while, then a look around, then a rest.
      if (chance < 5) field.replaceDirectory(chance);
      else if (chance < 40) await setTimeout(chance % 20);
    }
    await vi.waitFor(() => expect(differences(colony, field)).toEqual([]), { interval: 100, timeout: 30_000 });
    // It stays so over several scans.
    const rest = monitor.now;
    await setTimeout(1_500);
    expect(differences(colony, field)).toEqual([]);
    expect(monitor.facts('program.started', {}, rest)).toEqual([]);
    expect(monitor.records.filter(({ level, type }) => level >= 50 && type === undefined)).toEqual([]);
  });
});

describe('a directory that cannot be read is not an empty one:', () => {
  test('moved away, everything runs on, and what stands there later is obeyed', async ({ colony }) => {
    const monitor = await colony.monitor('--frequency', '0.3');
    colony.write('steady', stays);
    const { pid } = await monitor.fact('program.running', { name: 'steady' });
    const away = `${colony.config}.away`;
    renameSync(colony.config, away);
    // Orders that name a program look at its file alone.
    for (let index = 0; index < 5; index++) await colony.settled(monitor);
    colony.send({ type: 'SIGNAL', name: 'steady', signal: 'SIGCONT' }, 'zz');
    await monitor.fact('message.judged', { id: 'zz' });
    await monitor.fact('directory.lost', { path: colony.config });
    expect(colony.processes().map((seen) => seen.pid)).toEqual([pid]);
    expect(monitor.facts('config.removed')).toEqual([]);

    renameSync(away, colony.config);
    await monitor.fact('directory.found', { path: colony.config });
    expect(colony.processes().map((seen) => seen.pid)).toEqual([pid]);
    expect(monitor.facts('directory.lost')).toHaveLength(1);

    mkdirSync(`${colony.config}.empty`);
    renameSync(colony.config, away);
    renameSync(`${colony.config}.empty`, colony.config);
    await monitor.fact('program.stopped', { name: 'steady' });
  });
});

describe('without inotify', () => {
  const blind = ['unshare', '-Ur', 'sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"', 'sh'];

  test('the scan alone brings the same end, and one log line a directory says so', async ({ colony }) => {
    const monitor = await colony.monitorUnder(blind, ['--frequency', '0.2']);
    const field = new Battlefield(colony.config, join(colony.root, 'beside'));
    for (const attack of fc.sample(anyAttack, { numRuns: 200, seed: tries(1).seed })) {
      field.attack(attack);
      await setTimeout(attack.version % 10);
    }
    field.replaceDirectory(7);
    await vi.waitFor(() => expect(differences(colony, field)).toEqual([]), { interval: 100, timeout: 20_000 });
    const id = colony.send({ type: 'RESTART', name: 'd' });
    expect((await monitor.fact('message.judged', { id })).outcome.kind).toBe('obeyed');

    const told = monitor.facts('directory.unwatched').map(({ path, error }) => `${error.code} ${path}`);
    expect(told.sort()).toEqual([`ENOSPC ${colony.config}`, `ENOSPC ${colony.messages}`]);
  });
});
