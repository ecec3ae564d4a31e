import { describe, expect, it } from 'vitest';
import { defaultTimings } from '../../machines/index.js';
import { defaultLogLimits } from '../../src/protocol/log-settings.js';
import { monitorDefaults, monitorOptions, type MonitorWords } from '../../src/options.js';

const options = (words: Partial<MonitorWords>, environment: NodeJS.ProcessEnv = {}) =>
  monitorOptions({ ...monitorDefaults, config: '/c', messages: '/m', ...words }, environment);

const refusal = (message: string) => expect.objectContaining({ code: 'EUSAGE', message }) as Error;

describe('the options of the monitor', () => {
  it('have the defaults of NColony', () => {
    expect(options({})).toEqual({
      config: '/c',
      messages: '/m',
      pid: undefined,
      logs: undefined,
      logLimits: defaultLogLimits,
      logfile: undefined,
      pidfile: undefined,
      logLevel: 'info',
      frequency: 10_000,
      trustDirectories: false,
      timings: defaultTimings,
    });
    expect(monitorDefaults).toMatchObject({
      threshold: '1',
      killtime: '5',
      minrestartdelay: '1',
      maxrestartdelay: '3600',
    });
  });

  it('are seconds outside and milliseconds inside, fractions allowed', () => {
    const words = {
      frequency: '.5',
      threshold: '0',
      killtime: '2.0005',
      minrestartdelay: '0.4',
      maxrestartdelay: '1.6',
    };
    expect(options(words)).toMatchObject({
      frequency: 500,
      timings: { threshold: 0, killtime: 2_001, minRestartDelay: 400, maxRestartDelay: 1_600 },
    });
    expect(options({ killtime: '2147483.647' }).timings.killtime).toBe(2 ** 31 - 1);
    expect(options({ minrestartdelay: '5', maxrestartdelay: '5' }).timings).toMatchObject({ maxRestartDelay: 5_000 });
  });

  it('give up after so many deaths in so many seconds, or never', () => {
    expect(options({ giveUp: '10/60' }).intensity).toEqual({ deaths: 10, within: 60_000 });
    expect(options({ giveUp: '0/.5' }).intensity).toEqual({ deaths: 0, within: 500 });
    expect(options({}).intensity).toBeUndefined();
    for (const giveUp of ['', '10', '/60', '10/', '-1/60', '1.5/60', '10/0']) {
      expect(() => options({ giveUp })).toThrow(refusal(expect.stringMatching(/^--give-up: expected /) as string));
    }
  });

  const durations = ['frequency', 'threshold', 'killtime', 'minrestartdelay', 'maxrestartdelay'] as const;
  const nonsense = [
    '',
    ' ',
    '-1',
    'NaN',
    'Infinity',
    'ten',
    '1s',
    '0x10',
    '1e3',
    '1,5',
    '2147483.648',
    '9'.repeat(400),
  ];
  it.each(durations.flatMap((option) => nonsense.map((text) => ({ option, text }))))(
    '--$option "$text" is refused, naming the option',
    ({ option, text }) => {
      expect(() => options({ [option]: text })).toThrow(`--${option}: expected seconds from`);
    },
  );

  it.each([
    [{ frequency: '0' }, '--frequency: expected seconds from 0.001 to 2147483.647'],
    [{ frequency: '0.0001' }, '--frequency: expected seconds from 0.001 to 2147483.647'],
    [{ minrestartdelay: '0' }, '--minrestartdelay: expected seconds from 0.001 to 2147483.647'],
    [{ minrestartdelay: '5', maxrestartdelay: '4' }, '--maxrestartdelay: expected seconds from 5 to 2147483.647'],
    [{ logLevel: 'loud' }, '--log-level: expected one of trace, debug, info, warn, error, fatal'],
    [{ logSize: '10MB' }, '--log-size: expected a size, such as 10M'],
    [{ logTotal: '-1' }, '--log-total: expected a size, such as 10M'],
    [{ logKeep: '1.5' }, '--log-keep: expected a number'],
    [{ logfile: '' }, '--logfile: expected a file'],
    [{ pidfile: '' }, '--pidfile: expected a file'],
    [{ pid: '' }, '--pid: expected a directory'],
    [{ config: '' }, '--config: expected a directory'],
  ])('%j: %s', (words, message) => {
    expect(() => options(words)).toThrow(refusal(message));
  });

  it('say when a log file is full, in sizes of powers of 1024', () => {
    const words = { logSize: '10M', logAge: '0.5', logKeep: '3', logTotal: '2G', logGzip: true, logStamps: true };
    expect(options(words).logLimits).toEqual({
      size: 10 * 1024 ** 2,
      age: 500,
      keep: 3,
      total: 2 * 1024 ** 3,
      gzip: true,
      stamps: true,
    });
    expect(options({ logSize: '5000', logTotal: '0' }).logLimits).toMatchObject({ size: 5_000, total: 0 });
  });

  it('need the two directories', () => {
    expect(() => monitorOptions({ ...monitorDefaults, config: '/c' }, {})).toThrow(
      refusal('--messages is needed (or --home)'),
    );
    expect(() => monitorOptions({ ...monitorDefaults, messages: '/m' }, {})).toThrow(
      refusal('--config is needed (or --home)'),
    );
  });
});
