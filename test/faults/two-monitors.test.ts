import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import { RunningMonitor } from '../blackbox/running-monitor.js';
import { fixture } from '../fixtures/programs.js';

const contender = fileURLToPath(new URL('../fixtures/programs/contend-for-lock.mjs', import.meta.url));

const ownStartTime = Number(readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ')[19]);

/** Both ways to lock: by the kernel, and by files where there is no flock(1). */
const ways = [
  ['by flock', process.env],
  ['by files, without flock', { ...process.env, NCOLONY_WITHOUT: 'flock' }],
] as const;

const ask = async (child: ChildProcess, order: unknown) => {
  child.send(order as object);
  const [answer] = (await once(child, 'message')) as [string];
  return answer;
};

/** Beside what the tests say on standard error there is a line of a warning in the log. */
const warnings = (monitor: RunningMonitor) => monitor.records.filter(({ level }) => level === 40).map(({ msg }) => msg);

describe.for(ways)('%s', ([, environment]) => {
  // Not tried again, wherever it runs: it says "always".
  const always = { retry: 0 };
  test(
    '50 groups of four that start at the same instant: always exactly one has the directory',
    always,
    async ({ colony }) => {
      const four = Array.from({ length: 4 }, () => fork(contender, { env: environment }));
      try {
        await Promise.all(four.map((child) => once(child, 'message')));
        for (let round = 0; round < 50; round++) {
          const order = { directory: colony.config, at: Date.now() + 10 };
          const answers = await Promise.all(four.map((child) => ask(child, order)));
          const winners = four.filter((_, index) => answers[index] === 'won');
          expect({ winners: winners.length, answers }).toMatchObject({ winners: 1 });
          const named = `${colony.config}: another monitor has this directory, pid ${winners[0]!.pid}`;
          expect(answers.filter((answer) => answer !== 'won')).toEqual([named, named, named]);
          // Some winners die with the lock in its hands: what it leaves must not be in the way.
          if (round % 10 !== 0) await ask(winners[0]!, 'release');
          else {
            const index = four.indexOf(winners[0]!);
            four[index]!.kill('SIGKILL');
            await once(four[index]!, 'exit');
            four[index] = fork(contender, { env: environment });
            await once(four[index], 'message');
          }
        }
      } finally {
        for (const child of four) child.kill('SIGKILL');
      }
    },
  );

  test('groups of four monitors started at the same instant: exactly one works, the others exit 1 and name it', async ({
    colony,
  }) => {
    colony.write('one', { args: ['sleep', '1000'] });
    for (let round = 0; round < 4; round++) {
      const four = Array.from({ length: 4 }, () => colony.launch([], environment));
      const losers: RunningMonitor[] = [];
      await new Promise<void>((resolve) => {
        for (const monitor of four) void monitor.ended.then(() => losers.push(monitor) === 3 && resolve());
      });
      const winner = four.find((monitor) => !losers.includes(monitor))!;
      for (const loser of losers) {
        expect(await loser.ended).toEqual({ code: 1, signal: null });
        expect(loser.stderr).toContain(`pid ${winner.pid}`);
      }
      await winner.fact('program.started', { name: 'one' });
      expect(colony.processes('one')).toHaveLength(1);
      await colony.stop(winner);
    }
  });

  test('the same config directory with another messages directory: the second exits 1 within a second', async ({
    colony,
  }) => {
    const first = await colony.launch([], environment).begun();
    colony.write('one', { args: ['sleep', '1000'] });
    const { pid } = await first.fact('program.started', { name: 'one' });
    const messages = join(colony.root, 'elsewhere');
    mkdirSync(messages);

    const durations: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const begin = performance.now();
      const second = new RunningMonitor(['--config', colony.config, '--messages', messages], environment);
      expect(await second.ended).toEqual({ code: 1, signal: null });
      durations.push(performance.now() - begin);
      expect(second.stderr).toContain(`pid ${first.pid}`);
    }
    // The best of three: others share the machine.
    expect(Math.min(...durations)).toBeLessThan(1_000);
    expect(colony.processes()).toMatchObject([{ pid }]);
  });

  test('the config directory was replaced meanwhile: the monitor has the new one, too', async ({ colony }) => {
    const first = await colony.launch(['--frequency', '0.1'], environment).begun();
    renameSync(colony.config, `${colony.config}.old`);
    mkdirSync(colony.config);
    colony.write('one', { args: ['sleep', '1000'] });
    await first.fact('program.started', { name: 'one' });
    const messages = join(colony.root, 'elsewhere');
    mkdirSync(messages);
    const second = new RunningMonitor(['--config', colony.config, '--messages', messages], environment);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toContain(`pid ${first.pid}`);
  });

  test('a directory that another monitor has is not obeyed, though it takes the place of one’s own', async ({
    colony,
  }) => {
    const first = await colony.launch(['--frequency', '0.1'], environment).begun();
    colony.write('one', { args: ['sleep', '1000'] });
    const { pid } = await first.fact('program.started', { name: 'one' });
    const [config = '', messages = '', pids = ''] = ['conf', 'messages', 'pid'].map((place) => {
      mkdirSync(join(colony.root, 'other', place), { recursive: true });
      return join(colony.root, 'other', place);
    });
    const others = ['--config', config, '--messages', messages, '--pid', pids];
    const second = await colony.launch(others, environment).begun();
    renameSync(colony.config, `${colony.config}.old`);
    renameSync(config, colony.config);
    await first.fact('directory.lost', {
      path: colony.config,
      error: {
        code: 'ELOCKED',
        message: `${colony.config}: another monitor has this directory, pid ${second.pid}`,
      },
    });
    colony.write('two', { args: ['sleep', '1000'] });
    expect(colony.processes()).toMatchObject([{ pid }]);
    second.kill('SIGTERM');
    await second.ended;
    // It is free now.
    await first.fact('program.started', { name: 'two' });
    await first.fact('program.stopped', { name: 'one' });
    expect(colony.processes()).toHaveLength(1);
  });

  test('no lock is stale: SIGKILL of a monitor whose programs live on leaves the way free', async ({ colony }) => {
    const first = await colony.launch([], environment).begun();
    colony.write('daemon', { args: [fixture('daemonise')] });
    await first.said('daemon', /^daemon/);
    first.kill('SIGKILL');
    await first.ended;
    expect(colony.processes()).toHaveLength(2);

    const second = await colony.launch([], environment).begun();
    await second.said('daemon', /^daemon/);
    await colony.stop(second);
  });
});

describe('without flock, what an earlier holder left does not block', () => {
  const environment = { ...process.env, NCOLONY_WITHOUT: 'flock' };

  /** Leaves a lock file as a holder would that is not there any more. */
  async function staleLock(colony: Colony, change: (holder: Record<string, unknown>) => unknown): Promise<void> {
    const first = await colony.launch([], environment).begun();
    const [name = ''] = locksIn(colony.config);
    const holder = JSON.parse(readFileSync(join(colony.config, name), 'utf8')) as Record<string, unknown>;
    await colony.stop(first);
    expect(locksIn(colony.config)).toEqual([]);
    const left = change(holder);
    writeFileSync(join(colony.config, name), typeof left === 'string' ? left : JSON.stringify(left));
  }

  const locksIn = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('.ncolony.lock'));

  test.for([
    ['after a container restart: its pid is that of another process now', { pid: process.pid, startTime: 1 }],
    ['after a loss of power: it was another boot', { pid: process.pid, startTime: ownStartTime, boot: 'another' }],
    ['after a crash that tore the file', undefined],
  ] as const)('%s', async ([, change], { colony }) => {
    await staleLock(colony, (holder) => (change === undefined ? '{"pi' : { ...holder, ...change }));
    const second = await colony.launch([], environment).begun();
    await colony.stop(second);
    expect(locksIn(colony.config)).toEqual([]);
  });

  test('and one warning line says what is lost', async ({ colony }) => {
    const monitor = await colony.launch([], environment).begun();
    expect(warnings(monitor)).toEqual(['flock is missing: a lock file stands for the lock of the kernel']);
    await colony.stop(monitor);
    const whole = await colony.launch([]).begun();
    expect(warnings(whole)).toEqual([]);
  });
});
