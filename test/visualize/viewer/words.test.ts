import { describe, expect, it } from 'vitest';
import type { ProgramView, Told } from '../../../visualize/live-protocol.js';
import { inChart, passagesOf } from '../../../visualize/viewer/passages.js';
import { elapsedPart, timerOf } from '../../../visualize/viewer/timers.js';
import { durationText, worded } from '../../../visualize/viewer/words.js';

const at = '2026-01-01T00:00:00.000Z';
const zero = Date.parse(at);
const timings = { threshold: 1_000, killtime: 5_000, minRestartDelay: 1_000, maxRestartDelay: 9_000 };

const program = (changes: Partial<ProgramView>): ProgramView => ({
  name: 'web',
  state: 'running',
  wanted: 'up',
  pid: 7,
  since: at,
  startedAt: at,
  run: 'r',
  starts: 1,
  restarts: 0,
  instantDeaths: 0,
  lastExit: null,
  nextStartAt: null,
  killAt: null,
  error: null,
  group: [],
  stragglers: [],
  restartDelay: 1_000,
  isRejected: false,
  ...changes,
});

describe('durations for people', () => {
  it.each([
    [-5, '0.0 s'],
    [949, '0.9 s'],
    [9_999, '10.0 s'],
    [12_345, '12 s'],
    [185_000, '3 min 05 s'],
    [7_620_000, '2 h 07 min'],
    [273_600_000, '3 d 04 h'],
  ])('%i ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));
});

describe('the timer that runs', () => {
  it('is the threshold of what is starting, as soon as there is a process', () => {
    expect(timerOf(program({ state: 'starting' }), timings)).toMatchObject({ name: 'threshold', due: zero + 1_000 });
    expect(timerOf(program({ state: 'starting', startedAt: null }), timings)).toBeUndefined();
    expect(timerOf(program({ state: 'starting' }), { ...timings, threshold: 0 })).toBeUndefined();
  });

  it('is the restart delay or the killtime as the monitor set it', () => {
    const later = new Date(zero + 4_000).toISOString();
    const backingOff = timerOf(program({ state: 'backing-off', nextStartAt: later }), timings);
    expect(backingOff).toMatchObject({ name: 'restart delay', from: zero, due: zero + 4_000 });
    expect(timerOf(program({ state: 'killing', killAt: later }), timings)).toMatchObject({ leads: 'SIGKILL' });
    expect([-1, 0, 1_000, 4_000, 5_000].map((ms) => elapsedPart(backingOff!, zero + ms))).toEqual([0, 0, 0.25, 1, 1]);
  });

  it.each(['running', 'stopped'] as const)('is none in %s', (state) => {
    expect(timerOf(program({ state }), timings)).toBeUndefined();
  });
});

it('tells the way through the states by the facts', () => {
  const history: Told[] = [
    { at: 1, fact: { type: 'program.starting', name: 'web', starts: 1, because: 'program.configure' } },
    { at: 2, fact: { type: 'program.started', name: 'web', pid: 7, run: 'r' } },
    { at: 3, fact: { type: 'program.running', name: 'web', pid: 7, run: 'r' } },
    { at: 4, fact: { type: 'program.killing', name: 'web', signal: 'SIGTERM', killtime: 5, because: 'program.stop' } },
    { at: 5, fact: { type: 'program.stopped', name: 'web', because: 'process.gone' } },
    { at: 6, fact: { type: 'program.stopped', name: 'web', because: 'program.stop' } },
  ];
  expect(passagesOf(history)).toEqual([
    { at: 1, state: 'starting', from: 'stopped', event: 'program.configure' },
    { at: 3, state: 'running', from: 'starting', event: 'after threshold' },
    { at: 4, state: 'killing', from: 'running', event: 'program.stop' },
    { at: 5, state: 'stopped', from: 'killing', event: 'process.gone' },
  ]);
});

it('calls events as the chart does', () => {
  expect(inChart('xstate.after.restartDelay.program.backing-off')).toBe('after restartDelay');
  expect(inChart('xstate.error.actor.process')).toBe('process actor broke');
  expect(inChart('process.exited')).toBe('process.exited');
});

it('words facts as the log does', () => {
  expect(worded({ type: 'program.killed', name: 'web' })).toEqual({ level: 'warn', text: 'web: sent SIGKILL' });
});
