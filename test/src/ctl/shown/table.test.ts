import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ProgramRow, StatusReport } from '../../../../src/ctl/status/status.js';
import { statusTable } from '../../../../src/ctl/shown/table.js';
import { reportOf, rowOf } from '../rows.js';

const now = Date.parse('2026-01-01T12:00:00.000Z');

const report = (...programs: ProgramRow[]): StatusReport => reportOf(programs);

const noteOf = (overrides: Partial<ProgramRow>) =>
  statusTable(report(rowOf(overrides)), { now })[1]!
    .split(/ {2,}/)
    .slice(6)
    .join('  ');

describe('the table', () => {
  it('has a line a program below its heads, in columns', () => {
    const rows = [
      rowOf({ name: 'my-cat-program', restarts: 3, lastExit: { code: 1, signal: null, at: '' } }),
      rowOf({ name: 'web', state: 'backing-off', pid: null, uptime: null, nextStartAt: '2026-01-01T12:00:03.240Z' }),
    ];
    expect(statusTable(report(...rows), { now })).toEqual([
      'NAME            STATE        PID   UPTIME  RESTARTS  LAST EXIT  NOTE',
      'my-cat-program  running      4711  1h 0m   3         code 1',
      'web             backing-off  -     -       0         -          starts in 3.2 s',
    ]);
  });

  it('shows the programs of a colony below the one that it is', () => {
    const web = rowOf({ restarts: 2 });
    const deeper = rowOf({ name: 'deep', colony: { ...report(web), home: '/deep', error: null } });
    const waiting = rowOf({ state: 'backing-off', pid: null, uptime: null, nextStartAt: '2026-01-01T12:00:01.000Z' });
    const stale = { ...report(waiting), monitor: null, home: '/stale', error: null };
    const lost = { ...stale, programs: [], error: { code: 'EDIRECTORY', message: '/lost/conf: cannot be read' } };
    const lines = statusTable(
      report(
        rowOf({ name: 'edge', colony: { ...report(deeper), home: '/edge', error: null } }),
        rowOf({ name: 'stale', colony: stale }),
        rowOf({ name: 'lost', colony: lost }),
      ),
      { now },
    );
    expect(lines.map((line) => [line.slice(0, 20).trimEnd(), line.slice(57).trim()])).toEqual([
      ['NAME     STATE', 'NOTE'],
      ['edge     running', ''],
      ['  deep   running', ''],
      ['    web  running', ''],
      ['stale    running', 'no monitor runs on its colony'],
      ['  web    backing-off', ''],
      ['lost     running', 'its colony: /lost/conf: cannot be read'],
    ]);
  });

  it('fits the terminal', () => {
    const error = { code: 'ESCHEMA', message: 'args: expected array, received string' };
    const rows = [rowOf({ name: 'x'.repeat(200), error }), rowOf({ name: 'ü'.repeat(30) }), rowOf({ error })];
    for (const columns of [200, 80, 40, 10]) {
      const lines = statusTable(report(...rows), { now, columns });
      for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
      expect(lines[1]).toContain('…');
    }
  });

  it('goes without what matters less where the terminal is narrow', () => {
    const error = { code: 'ESCHEMA', message: 'args: expected array, received string' };
    const table = (columns: number) =>
      statusTable(report(rowOf({ name: 'web' }), rowOf({ name: 'bad', error })), { now, columns });
    expect(table(78)[0]).toBe('NAME  STATE    PID   UPTIME  RESTARTS  LAST EXIT  NOTE');
    expect(table(70)[0]).toBe('NAME  STATE    PID   UPTIME  RESTARTS  NOTE');
    expect(table(60)).toEqual([
      'NAME  STATE    PID   UPTIME  NOTE',
      'web   running  4711  1h 0m',
      'bad   running  4711  1h 0m   ESCHEMA: args: expected array,…',
    ]);
    expect(table(40)[2]).toBe('bad   running  ESCHEMA: args: expected …');
  });

  it('colours the state where it is asked to, and changes nothing else', () => {
    const rows = [rowOf({ name: 'ü' }), rowOf({ state: 'killing' }), rowOf({ state: null })];
    for (const columns of [undefined, 30, 8]) {
      const plain = statusTable(report(...rows), { now, columns });
      const colour = statusTable(report(...rows), { now, columns, colour: true });
      expect(colour.map(stripVTControlCharacters)).toEqual(plain);
    }
    expect(statusTable(report(...rows), { now, colour: true })[1]).toContain('\u001b[32mrunning\u001b[39m');
    expect(statusTable(report(...rows), { now, colour: true })[3]).not.toContain('\u001b');
  });

  it.each<[number | null, string]>([
    [null, '-'],
    [0.4, '0s'],
    [59.9, '59s'],
    [60, '1m'],
    [3_599, '59m'],
    [3_600, '1h 0m'],
    [86_399, '23h 59m'],
    [90_000, '1d 1h'],
  ])('shows an uptime of %s as %s', (uptime, text) => {
    expect(statusTable(report(rowOf({ uptime })), { now })[1]!.split(/ {2,}/)[3]).toBe(text);
  });

  it.each<[Partial<ProgramRow>, string]>([
    [{ nextStartAt: '2026-01-01T11:59:00.000Z' }, 'starts in 0.0 s'],
    [{ killAt: '2026-01-01T12:00:01.100Z', wanted: 'down' }, 'KILL in 1.1 s; wanted down'],
    [{ killAt: '2026-01-01T12:00:00.000Z' }, 'KILL sent'],
    [{ hasFile: false, wanted: 'down' }, 'removed'],
    [{ stragglers: [1, 2] }, 'left behind: 1 2'],
    [
      { rejected: { code: 'ESYNTAX', message: 'not JSON' }, error: { code: 'ESYNTAX', message: 'not JSON' } },
      'file rejected, last good version in force; ESYNTAX: not JSON',
    ],
    [{ error: { code: 'ESYNTAX', message: 'not JSON' } }, 'ESYNTAX: not JSON'],
    [{ state: null }, 'no monitor has seen it yet'],
    [{ state: null, error: { code: 'EEMPTY', message: 'the file is empty' } }, 'EEMPTY: the file is empty'],
  ])('of %j notes %s', (overrides, note) => {
    expect(noteOf({ lastExit: { code: null, signal: 'SIGKILL', at: '' }, ...overrides })).toBe(note);
  });

  it('lets no name or reason drive the terminal', () => {
    const wild = rowOf({ name: '\u001b[2J', error: { code: 'ENOENT', message: 'a\n\u009b' } });
    expect(statusTable(report(wild), { now }).join()).not.toMatch(/\p{Cc}/u);
  });

  it('says that it is the last that is known where no monitor runs, and of nothing that it is next', () => {
    const lines = statusTable(
      { ...report(rowOf({ nextStartAt: '2026-01-01T12:00:03.240Z' })), monitor: null },
      { now },
    );
    expect(lines[0]).toBe('No monitor runs. This is the last that is known:');
    expect(lines.join()).not.toContain('starts in');
    expect(statusTable({ ...report(), monitor: null }, { now })).toEqual([]);
  });

  it('says so where the monitor shows no sign of life, and tells of nothing that it is next', () => {
    const lines = statusTable(
      { ...report(rowOf({ nextStartAt: '2026-01-01T12:00:03.240Z' })), silentFor: 65 },
      { now },
    );
    expect(lines[0]).toBe('The monitor (pid 1) has written nothing for 65 s. This is the last that is known:');
    expect(lines.join()).not.toContain('starts in');
  });

  it('says so where there are no programs', () => {
    expect(statusTable(report(), { now })).toEqual(['There are no programs.']);
  });
});
