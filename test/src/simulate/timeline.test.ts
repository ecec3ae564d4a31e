import { expect, it } from 'vitest';
import type { Outcome, Step } from '../../../src/simulate/simulation.js';
import { timelineJson, timelineLines } from '../../../src/simulate/timeline.js';

const step = (at: number, event: Step['event'], more: Partial<Step> = {}): Step => ({
  at,
  event,
  starts: 1,
  by: null,
  exit: null,
  wait: null,
  ...more,
});

const outcome: Outcome = {
  steps: [
    step(0, 'starting'),
    step(200, 'backing-off', { exit: { code: 3, signal: null, lived: 200 }, wait: 1_500 }),
    { leftOut: 1 },
    step(2_000, 'running'),
    step(10_000, 'killing', { by: 'stop', wait: 5_000 }),
    step(15_000, 'killed'),
    step(15_000, 'stopped', { exit: { code: null, signal: 'SIGKILL', lived: 13_300 } }),
    step(20_000, 'declined', { by: 'restart' }),
    step(20_000, 'killing', { by: 'restart' }),
  ],
  starts: 1,
  deaths: 2,
  instantDeaths: 1,
  state: 'backing-off',
  nextStartAt: 70_000,
};

it('is printed a line a step, with the seconds, the state and why', () => {
  expect(timelineLines(outcome, 60_000)).toEqual([
    ' 0.000  starting     start 1',
    ' 0.200  backing-off  exited with code 3 after 0.2 s; an instant death, next start in 1.5 s',
    '     …  1 more line',
    ' 2.000  running      outlived the threshold, the restart delay is reset',
    '10.000  killing      stop asked for: SIGTERM, and SIGKILL in 5 s',
    '15.000               SIGKILL',
    '15.000  stopped      ended by SIGKILL after 13.3 s',
    '20.000               restart asked for: declined, it is to be down',
    '20.000  killing      restart asked for: nothing runs',
    '',
    'After 60 s: 1 start, 2 deaths, 1 of them instant; it waits for its next start, 10 s later.',
  ]);
});

it('is published with seconds everywhere', () => {
  expect(JSON.parse(timelineJson(outcome, 60_000))).toMatchObject({
    version: 1,
    duration: 60,
    timeline: [
      { at: 0, event: 'starting', starts: 1, by: null, exit: null, wait: null },
      { at: 0.2, event: 'backing-off', exit: { code: 3, signal: null, lived: 0.2 }, wait: 1.5 },
      { leftOut: 1 },
      {},
      {},
      {},
      {},
      {},
      {},
    ],
    end: { starts: 1, deaths: 2, instantDeaths: 1, state: 'backing-off', nextStartAt: 70 },
  });
});
