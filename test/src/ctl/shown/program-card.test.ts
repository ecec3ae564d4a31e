import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { programCard } from '../../../../src/ctl/shown/program-card.js';
import type { ProgramRow, StatusReport } from '../../../../src/ctl/status/status.js';
import { clockText } from '../../../../src/ctl/time-texts.js';
import { reportOf, rowOf } from '../rows.js';

const now = Date.parse('2030-01-02T12:00:00.000Z');
const since = '2030-01-02T11:59:00.000Z';

const report = (changes: Partial<ProgramRow> = {}, more: Partial<StatusReport> = {}) =>
  reportOf([rowOf({ since, uptime: 61, starts: 3, restarts: 2, instantDeaths: 1, ...changes })], more);

const fault = { code: 'ESCHEMA', message: 'args: expected array, received string' };

describe('the status of one program in full', () => {
  it('says what there is to say, and no more', () => {
    expect(programCard(report(), { now })).toEqual([
      'name         web',
      `state        running since ${clockText(since)}`,
      'wanted       up',
      'process      pid 4711, run run-1, up 1 min 1 s',
      'starts       3, of which 2 restarts; 1 instant death',
      'file         in force (revision r1)',
    ]);
  });

  it('says what is next, how it died, and what is left of it', () => {
    const changes = {
      state: 'killing',
      killAt: '2030-01-02T12:00:01.100Z',
      lastExit: { code: null, signal: 'SIGTERM', at: '2030-01-01T11:59:00.000Z' },
      error: { code: 'ESTUCK', message: 'SIGKILL does not end pid 7' },
      starts: 2,
      restarts: 1,
      stragglers: [7, 8],
      group: ['a', 'b'],
    } as const;
    const lines = programCard(report(changes), { now });
    expect(lines).toContain('next         KILL in 1.1 s');
    expect(lines.find((line) => line.startsWith('last exit'))).toMatch(/signal SIGTERM at 20\d\d-\d\d-\d\d \d\d:\d\d:/);
    expect(lines).toContain('error        ESTUCK: SIGKILL does not end pid 7');
    expect(lines).toContain('group        a, b');
    expect(lines).toContain('starts       2, of which 1 restart; 1 instant death');
    expect(lines).toContain('left behind  pids 7, 8');
    expect(programCard(report({ ...changes, killAt: since }), { now })).toContain('next         KILL sent');
  });

  it.each<[Partial<ProgramRow>, string]>([
    [
      { rejected: fault, error: fault },
      `rejected: ESCHEMA: ${fault.message}; its last good version is in force (revision r1)`,
    ],
    [
      { rejected: fault, error: fault, state: null, revision: null },
      `rejected: ESCHEMA: ${fault.message}; nothing runs of it`,
    ],
    [{ state: null, revision: null }, 'no monitor has seen it yet'],
    [{ hasFile: false }, 'removed'],
  ])('of %j says of the file: %s', (changes, text) => {
    expect(programCard(report(changes), { now })).toContain(`file         ${text}`);
  });

  it('says that it is the last that is known where it is, and of nothing that it is next', () => {
    const changes = { state: 'backing-off', nextStartAt: '2030-01-02T12:00:01.000Z' } as const;
    for (const stale of [{ monitor: null }, { silentFor: 30 }]) {
      const lines = programCard(report(changes, stale), { now });
      expect(lines[0]).toMatch(/This is the last that is known:$/);
      expect(lines.join()).not.toContain('starts in');
    }
  });

  it('fits the terminal, and lets nothing drive it', () => {
    const error = { code: 'ENOENT', message: `${'word '.repeat(30)}${'x'.repeat(100)}\u001b[2J` };
    const lines = programCard(report({ error }), { now, columns: 40 });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
    expect(lines.filter((line) => line.startsWith('             word'))).not.toEqual([]);
  });

  it('colours the state where it is asked to, and changes nothing else', () => {
    const colour = programCard(report({ name: 'running' }), { now, colour: true });
    expect(colour.map(stripVTControlCharacters)).toEqual(programCard(report({ name: 'running' }), { now }));
    expect(colour.filter((line) => line.includes('\u001b'))).toHaveLength(1);
  });
});
