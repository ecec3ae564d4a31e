import { fileURLToPath } from 'node:url';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { fixture } from '../fixtures/programs.js';
import { endForGood } from '../processes.js';
import { allDoubles, randomOf, Witness } from './witness.js';

/** `CHAOS_SEED=7 npm run test:faults -- chaos` does the same things again; `CHAOS_SECONDS` for how long. */
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 60);

const names = ['ant', 'bee', 'cow', 'dog', 'eel', 'fox'];
const family = fileURLToPath(new URL('../fixtures/programs/family.pl', import.meta.url));

/** Programs by what is wrong with them. */
const kinds: Record<string, { readonly args: readonly string[]; readonly stays: boolean }> = {
  good: { args: ['sleep', '1000'], stays: true },
  deaf: { args: [fixture('deaf')], stays: true },
  slow: { args: [fixture('slow-to-end'), '0.2'], stays: true },
  parent: { args: [fixture('deaf-grandchild')], stays: true },
  daemon: { args: [fixture('daemonise')], stays: true },
  family: { args: [family], stays: true },
  flood: { args: ['yes', 'flood'], stays: true },
  mortal: { args: [fixture('die-after'), '0.05', '1'], stays: false },
  'daemon of old': { args: [fixture('daemon-of-old')], stays: false },
  outlived: { args: [fixture('outlived'), '0.1'], stays: false },
  nowhere: { args: ['/nowhere/at/all'], stays: false },
};

interface Wish {
  readonly kind: string;
  readonly wanted: 'up' | 'down';
}

/** What the world does to a colony: all of it follows from the seed. */
class Chaos {
  /** What was done, for whoever has to find out why it went wrong. */
  readonly diary: string[] = [];
  readonly witness: Witness;
  readonly #colony: Colony;
  readonly #random = randomOf(seed);
  /** What the files say. */
  readonly #wishes = new Map<string, Wish>();
  #monitor: RunningMonitor | undefined;
  #generation = 0;

  constructor(colony: Colony) {
    this.#colony = colony;
    this.witness = new Witness(colony.root);
  }

  async startMonitor(): Promise<void> {
    // There is no such directory of logs, so the output of programs is lost: a flood is not for the disk of this test.
    const options = ['-t', '0.1', '-k', '0.5', '-m', '0.05', '-M', '0.4', '--logs', join(this.#colony.root, 'logs')];
    this.#monitor = this.#colony.launch(options);
    if (this.#random() < 0.7) await this.#monitor.begun();
  }

  /** One deed, and the wait after it. */
  async act(): Promise<void> {
    const name = this.#pick(names);
    const deeds: [weight: number, deed: () => unknown][] = [
      [20, () => this.#write(name, this.#pick(Object.keys(kinds)), 'up')],
      [8, () => this.#remove(name)],
      [5, () => this.#write(name, this.#wishes.get(name)?.kind ?? 'good', 'down')],
      [5, () => this.#write(name, this.#wishes.get(name)?.kind ?? 'good', 'up')],
      [10, () => this.#send({ type: 'RESTART', name })],
      [2, () => this.#send({ type: 'RESTART-ALL' })],
      [3, () => this.#send({ type: 'START', name })],
      [5, () => this.#send({ type: 'SIGNAL', name, signal: this.#pick(['SIGHUP', 'SIGTERM', 'SIGKILL', 'SIGSTOP']) })],
      [2, () => this.#send({ type: 'NONSENSE', name })],
      [2, () => this.#garble(name)],
      [8, () => this.#crash(name)],
      [1, () => this.#signalMonitor('SIGHUP')],
      [2, () => this.#endMonitor('SIGKILL')],
      [1, () => this.#endMonitor('SIGTERM')],
    ];
    let at = this.#random() * deeds.reduce((sum, [weight]) => sum + weight, 0);
    const [, deed] = deeds.find(([weight]) => (at -= weight) < 0)!;
    await deed();
    if (this.#random() < 0.7) await delay(this.#random() * 50);
  }

  /** Lets everything come to rest, and compares what runs with what the files say. */
  async rest(): Promise<void> {
    for (const [name, wish] of this.#wishes) this.#write(name, wish.kind, wish.wanted);
    if (this.#monitor === undefined) throw new Error('there is no monitor');
    await this.#colony.settled(await this.#monitor.begun());
    await vi.waitFor(() => expect(this.#differences()).toEqual([]), { interval: 50, timeout: 20_000 });
    expect(this.witness.doubles).toEqual([]);
    this.#note('rest');
  }

  async end(): Promise<void> {
    await this.#endMonitor('SIGTERM', false);
    expect(this.witness.mains()).toEqual({});
    expect(this.#colony.processes()).toEqual([]);
    expect(this.#colony.pidFiles()).toEqual([]);
  }

  lastDeeds(): string {
    return `CHAOS_SEED=${seed}; the last deeds:\n${this.diary.slice(-60).join('\n')}\n${this.#monitor?.lastWords()}`;
  }

  /** What runs and should not, or should and does not, by /proc alone. */
  #differences(): string[] {
    const mains = this.witness.mains();
    return names.flatMap((name) => {
      const wish = this.#wishes.get(name);
      const count = mains[name];
      if (wish === undefined || wish.wanted === 'down') return count === undefined ? [] : [`${name} is not wanted`];
      if (kinds[wish.kind]!.stays) return count === 1 ? [] : [`${name} (${wish.kind}) runs ${count ?? 0} times`];
      return (count ?? 0) <= 1 ? [] : [`${name} (${wish.kind}) runs ${count} times`];
    });
  }

  #write(name: string, kind: string, wanted: Wish['wanted']): void {
    this.#note(`write ${name}: ${kind}, ${wanted}`);
    this.#wishes.set(name, { kind, wanted });
    const { args } = kinds[kind]!;
    const generation = this.#random() < 0.8 ? ++this.#generation : this.#generation;
    const cwd = this.witness.placeOf(name);
    this.#colony.write(name, { args, 'ncolony.cwd': cwd, 'ncolony.wanted': wanted, generation });
  }

  #remove(name: string): void {
    this.#note(`remove ${name}`);
    this.#wishes.delete(name);
    rmSync(join(this.#colony.config, name), { force: true });
  }

  /** Until the next rest its last good version stays in force, or nothing after the end of a monitor. */
  #garble(name: string): void {
    this.#note(`garble ${name}`);
    if (this.#wishes.has(name)) this.#colony.write(name, '{"args": [');
  }

  #send(message: { readonly type: string; readonly name?: string; readonly signal?: string }): void {
    this.#note(`send ${JSON.stringify(message)}`);
    this.#colony.send(message);
  }

  #crash(name: string): void {
    const pid = this.witness.mainOf(name);
    this.#note(`crash ${name}, pid ${pid}`);
    if (pid !== undefined) endForGood(pid);
  }

  #signalMonitor(signal: NodeJS.Signals): void {
    // Before it listens to signals they would end it.
    if (this.#monitor?.records.length === 0) return;
    this.#note(signal);
    this.#monitor?.kill(signal);
  }

  async #endMonitor(signal: 'SIGKILL' | 'SIGTERM', andStart = true): Promise<void> {
    const monitor = this.#monitor;
    if (monitor === undefined) return;
    if (signal === 'SIGTERM') await monitor.begun();
    this.#note(`${signal} to monitor ${monitor.pid}`);
    monitor.kill(signal);
    const end = await monitor.ended;
    expect(end).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
    expect(monitor.stderr).toBe('');
    if (signal === 'SIGTERM') expect(this.witness.mains()).toEqual({});
    if (andStart) await this.startMonitor();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #note(deed: string): void {
    this.diary.push(`${(performance.now() / 1000).toFixed(3)} ${deed}`);
  }
}

afterAll(() => expect(allDoubles, `CHAOS_SEED=${seed}`).toEqual([]));

const patience = { timeout: seconds * 1_000 + 120_000 };

test(
  `chaos never makes two of a program, and when it rests what runs is what the files say: CHAOS_SEED=${seed}`,
  patience,
  async () => {
    const colony = new Colony();
    const chaos = new Chaos(colony);
    try {
      await chaos.startMonitor();
      const end = performance.now() + seconds * 1_000;
      while (performance.now() < end) {
        for (let deed = 0; deed < 100; deed++) await chaos.act();
        await chaos.rest();
      }
      await chaos.end();
      expect(chaos.witness.doubles).toEqual([]);
    } catch (error) {
      // Said at once: where there is a second try that goes well, the first is told of nowhere else.
      process.stderr.write(`${chaos.lastDeeds()}\n`);
      throw new Error(`CHAOS_SEED=${seed}`, { cause: error });
    } finally {
      await colony.cleanUp();
      chaos.witness.cleanUp();
    }
  },
);
