import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultTimings, type Timings } from '../../../machines/index.js';
import { simulate, type SimulationOptions, type Step } from '../../../src/simulate/simulation.js';

const year = 366 * 24 * 3_600_000;

const run = (
  options: Partial<Omit<SimulationOptions, 'timings' | 'behaviour'>> & {
    timings?: Partial<Timings>;
    behaviour?: Partial<SimulationOptions['behaviour']>;
  },
) =>
  simulate({
    duration: 60_000,
    orders: [],
    ...options,
    timings: { ...defaultTimings, ...options.timings },
    behaviour: { diesAfter: Infinity, exitCode: 1, ignoresTerm: false, ...options.behaviour },
  });

const told = ({ steps }: ReturnType<typeof run>) =>
  steps.map((step) => ('at' in step ? `${step.at} ${step.event}` : `… ${step.leftOut}`));

describe('a simulation', () => {
  it('doubles the restart delay of a program that dies young, up to its cap', () => {
    const outcome = run({ behaviour: { diesAfter: 200 }, timings: { maxRestartDelay: 3_000 }, duration: 11_000 });
    expect(told(outcome)).toEqual([
      '0 starting',
      '200 backing-off',
      '1200 starting',
      '1400 backing-off',
      '3400 starting',
      '3600 backing-off',
      '6600 starting',
      '6800 backing-off',
      '9800 starting',
      '10000 backing-off',
    ]);
    expect(outcome.steps[3]).toEqual({
      at: 1_400,
      event: 'backing-off',
      starts: 2,
      by: null,
      exit: { code: 1, signal: null, lived: 200 },
      wait: 2_000,
    });
    expect(outcome).toMatchObject({ starts: 5, deaths: 5, instantDeaths: 5, state: 'backing-off' });
    expect(outcome.nextStartAt).toBe(13_000);
  });

  it('restarts at once what outlived the threshold, and lets live what does not die', () => {
    expect(told(run({ behaviour: { diesAfter: 1_500 }, duration: 3_000 }))).toEqual([
      '0 starting',
      '1000 running',
      '1500 starting',
      '2500 running',
      '3000 starting',
    ]);
    expect(told(run({ duration: year }))).toEqual(['0 starting', '1000 running']);
  });

  it('ends by SIGKILL, after the killtime, what ignores the stop signal, and starts it again or not', () => {
    const orders = [
      { at: 20_000, type: 'stop' },
      { at: 10_000, type: 'restart' },
      { at: 30_000, type: 'restart' },
    ] as const;
    const outcome = run({ orders, behaviour: { ignoresTerm: true }, timings: { killtime: 3_000 } });
    expect(told(outcome)).toEqual([
      '0 starting',
      '1000 running',
      '10000 killing',
      '13000 killed',
      '13000 starting',
      '14000 running',
      '20000 killing',
      '23000 killed',
      '23000 stopped',
      '30000 declined',
    ]);
    const [killing, , again] = outcome.steps.slice(2) as Step[];
    expect(killing).toMatchObject({ by: 'restart', wait: 3_000, exit: null });
    expect(again).toMatchObject({ starts: 2, exit: { code: null, signal: 'SIGKILL', lived: 13_000 } });
  });

  it('ends at once what obeys, and a back-off too', () => {
    const orders = [{ at: 400, type: 'restart' } as const, { at: 550, type: 'stop' } as const];
    const outcome = run({ orders, behaviour: { diesAfter: 200 } });
    expect(told(outcome)).toEqual([
      '0 starting',
      '200 backing-off',
      '400 killing',
      '400 starting',
      '550 killing',
      '550 stopped',
    ]);
    expect(outcome).toMatchObject({ state: 'stopped', deaths: 2, instantDeaths: 1, nextStartAt: null });
  });

  it('is as quick over a year as over a minute, and shows the first and the last of it', () => {
    const begin = performance.now();
    const outcome = run({ behaviour: { diesAfter: 1 }, timings: { threshold: 0 }, duration: year });
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(outcome).toMatchObject({ starts: year + 1, deaths: year, instantDeaths: 0, state: 'running' });
    const lines = told(outcome);
    expect(lines).toHaveLength(33);
    expect(lines.slice(0, 3)).toEqual(['0 starting', '0 running', '1 starting']);
    expect(lines[16]).toBe(`… ${2 * (year + 1) - 32}`);
    expect(lines.slice(-2)).toEqual([`${year} starting`, `${year} running`]);
    expect(outcome.steps.at(-2)).toMatchObject({ starts: year + 1, exit: { lived: 1 } });
  });

  it('shows what happens around an order, however long it takes until then', () => {
    const at = year - 500_000;
    const outcome = run({
      behaviour: { diesAfter: 2_000 },
      orders: [{ at: at + 500, type: 'restart' }],
      duration: year,
    });
    const lines = told(outcome);
    expect(lines).toContain(`${at} starting`);
    expect(lines.slice(lines.indexOf(`${at + 500} killing`)).slice(0, 4)).toEqual([
      `${at + 500} killing`,
      `${at + 500} starting`,
      `${at + 1_500} running`,
      `${at + 2_500} starting`,
    ]);
    expect(lines.filter((line) => line.startsWith('…'))).toHaveLength(2);
  });

  it('agrees with the rule, counted out by hand, for whatever it is asked', () => {
    const ms = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        ms,
        fc.integer({ min: 0, max: 500_000 }),
        (diesAfter, threshold, least, more, duration) => {
          fc.pre(diesAfter !== threshold);
          const timings = { threshold, minRestartDelay: least, maxRestartDelay: least + more };
          const expected = byHand(diesAfter, timings, duration);
          const outcome = run({ behaviour: { diesAfter }, timings, duration });
          const starts = outcome.steps.filter((step): step is Step => 'at' in step && step.event === 'starting');
          expect({ ...outcome, steps: undefined, state: undefined, last: starts.at(-1)?.at }).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function byHand(diesAfter: number, timings: Omit<Timings, 'killtime'>, duration: number) {
  const isInstant = diesAfter < timings.threshold;
  let [starts, deaths, last, next, delay] = [0, 0, 0, 0, timings.minRestartDelay];
  let nextStartAt: number | null = null;
  while (next <= duration) {
    starts += 1;
    nextStartAt = null;
    last = next;
    if (last + diesAfter > duration) break;
    deaths += 1;
    next = last + diesAfter + (isInstant ? delay : 0);
    delay = Math.min(delay * 2, timings.maxRestartDelay);
    if (isInstant) nextStartAt = next;
  }
  return { starts, deaths, instantDeaths: isInstant ? deaths : 0, last, nextStartAt };
}
