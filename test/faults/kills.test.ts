import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Colony } from '../blackbox/colony.js';
import { fixture } from '../fixtures/programs.js';
import { allDoubles, randomOf, Witness } from './witness.js';

const family = fileURLToPath(new URL('../fixtures/programs/family.pl', import.meta.url));

/** Four lives that go on at the same time, so that it does not take long. */
const colonies = 4;
const killsEach = 25;

/** The files that a monitor wrote and did not finish, though they are in their place. */
function tornFiles(colony: Colony): string[] {
  const runtime = join(colony.messages, '.ncolony');
  const json = ['.', 'status', 'replies'].flatMap((directory) => filesIn(join(runtime, directory), /\.json$/));
  const isTorn = (path: string) => !/^(?:\{.*\}|\d+)\n$/s.test(readFileSync(path, 'utf8'));
  return [...json, ...filesIn(colony.pids, /./)].filter(isTorn);
}

function filesIn(directory: string, pattern: RegExp): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => !name.startsWith('.') && pattern.test(name));
  return names.map((name) => join(directory, name));
}

/** A monitor that has not come so far has done nothing yet, and most of its time to start is before that. */
async function colonyIsHeldBy(pid: number, colony: Colony): Promise<void> {
  const isOpen = (fd: string) => readlinkSync(`/proc/${pid}/fd/${fd}`) === colony.config;
  for (const end = performance.now() + 10_000; performance.now() < end; await delay(2)) {
    try {
      if (readdirSync(`/proc/${pid}/fd`).some(isOpen)) return;
    } catch {
      // One was closed meanwhile.
    }
  }
}

/** `KILLS_SEED=7 npm run test:faults -- kills` tries others. */
const firstSeed = Number(process.env['KILLS_SEED'] ?? 1);

afterAll(() => expect(allDoubles, `KILLS_SEED=${firstSeed}`).toEqual([]));

describe(`${colonies * killsEach} times SIGKILL of the monitor at a random moment under churn`, () => {
  const seeds = Array.from({ length: colonies }, (_, index) => firstSeed + index);

  test.concurrent.for(seeds)(
    'never two copies of a program, no file is torn: KILLS_SEED=%i',
    async (seed, { expect }) => {
      const random = randomOf(seed);
      const colony = new Colony();
      const witness = new Witness(colony.root);
      const programs: Record<string, readonly string[]> = {
        one: ['sleep', '1000'],
        other: ['sleep', '1000'],
        daemon: [fixture('daemonise')],
        family: [family],
      };
      const names = Object.keys(programs);
      const touch = (name: string) => {
        colony.write(name, { args: programs[name], 'ncolony.cwd': witness.placeOf(name), generation: random() });
      };
      try {
        names.forEach(touch);
        for (let kill = 0; kill < killsEach; kill++) {
          const monitor = colony.launch(['-t', '0.05', '-m', '0.05', '-M', '0.2', '-k', '1']);
          // Half of the kills come while the monitor takes up, or ends, what the last one left; half while it works.
          if (random() < 0.5) await monitor.begun();
          else await colonyIsHeldBy(monitor.pid, colony);
          const end = performance.now() + random() * 300;
          while (performance.now() < end) {
            const name = names[Math.floor(random() * names.length)] ?? '';
            if (random() < 0.3) rmSync(join(colony.config, name), { force: true });
            else if (random() < 0.5) touch(name);
            else colony.send({ type: 'RESTART', name });
            await delay(random() * 40);
          }
          monitor.kill('SIGKILL');
          await monitor.ended;
          expect(monitor.stderr).toBe('');
          expect(tornFiles(colony)).toEqual([]);
        }

        names.forEach(touch);
        const last = await colony.monitor();
        await colony.settled(last);
        const one = { one: 1, other: 1, daemon: 1, family: 1 };
        await expect.poll(() => witness.mains(), { timeout: 20_000 }).toEqual(one);
        await expect.poll(() => colony.pidFiles().toSorted(), { timeout: 10_000 }).toEqual(names.toSorted());
        await colony.stop(last);
        expect(witness.mains()).toEqual({});
        expect(witness.doubles).toEqual([]);
        const runtime = readdirSync(join(colony.messages, '.ncolony')).toSorted();
        expect(runtime).toEqual(['history', 'rejected', 'replies', 'status']);
      } finally {
        await colony.cleanUp();
        witness.cleanUp();
      }
    },
  );
});
