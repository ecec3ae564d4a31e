import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAllRunning, status, statusJson, type StatusReport } from '../../../../src/ctl/status/status.js';
import { runtimePaths } from '../../../../src/protocol/runtime-directory.js';
import type { MonitorStatus, ProgramStatus } from '../../../../src/protocol/status-file.js';
import { emptyColony } from '../../scratch.js';
import { reportOf, rowOf, statusOf } from '../rows.js';

const startTimeOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]);

/** A colony with files as a monitor leaves them; this very process plays the monitor. */
function colony() {
  const places = emptyColony();
  const paths = runtimePaths(places.messages);
  mkdirSync(paths.status, { recursive: true });
  return {
    places,
    paths,
    monitor: (overrides: Partial<MonitorStatus> = {}) => {
      const own = {
        version: 1,
        pid: process.pid,
        startTime: startTimeOf(process.pid),
        since: 'then',
        frequency: 10_000,
        ncolony: '1.2.3',
      };
      writeFileSync(paths.monitor, JSON.stringify({ ...own, ...overrides }));
    },
    program: (name: string, overrides: Partial<ProgramStatus> = {}) => {
      const file = { ...written, name, ...overrides, version: 1 };
      writeFileSync(join(paths.status, `${name}.json`), JSON.stringify(file));
    },
    file: (name: string, text: string) => writeFileSync(join(places.config, name), text),
  };
}

const written = statusOf({
  since: new Date(Date.now() - 30_000).toISOString(),
  startedAt: new Date(Date.now() - 60_000).toISOString(),
  starts: 3,
  restarts: 2,
  instantDeaths: 1,
  lastExit: { code: 1, signal: null, at: '2026-01-01T00:00:00.000Z' },
  group: ['all'],
});

describe('status', () => {
  it('has exactly the published shape', () => {
    const { places, monitor, program } = colony();
    monitor();
    program('web', { killAt: '2026-01-01T00:00:00.000Z' });
    const { killAt: _, startedAt: __, rejected: ___, revision: ____, ...published } = written;
    const report = JSON.parse(statusJson(status(places))) as { programs: { uptime: number }[] };
    const uptime = report.programs[0]!.uptime;
    expect(report).toEqual({
      version: 1,
      monitor: { pid: process.pid, since: 'then', version: '1.2.3' },
      programs: [{ ...published, uptime }],
    });
    expect(Object.keys(report.programs[0]!)).toEqual(
      'name state wanted pid since uptime run starts restarts instantDeaths lastExit nextStartAt error group stragglers'.split(
        ' ',
      ),
    );
    expect(uptime).toBeGreaterThanOrEqual(60);
    expect(uptime).toBeLessThan(90);
  });

  it('lists by name what the monitor wrote of and what only has a file', () => {
    const { places, monitor, program, file } = colony();
    monitor();
    program('web');
    file('web', '{"args":["cat"]}');
    file('new', '{"args":["cat"],"group":["a"]}');
    file('down', '{"args":["cat"],"ncolony.wanted":"down"}');
    file('bad', '{');
    file('web.new', '{}');
    program('removed', { state: 'killing', wanted: 'down' });
    writeFileSync(join(runtimePaths(places.messages).status, 'torn.json'), '{"vers');
    expect(status(places).programs.map(({ name, state, wanted, group }) => [name, state, wanted, group])).toEqual([
      ['bad', null, null, []],
      ['down', null, 'down', []],
      ['new', null, 'up', ['a']],
      ['removed', 'killing', 'down', ['all']],
      ['web', 'running', 'up', ['all']],
    ]);
  });

  it('is about one program where one is named', () => {
    const { places, monitor, program, file } = colony();
    monitor();
    program('web');
    program('other', { state: 'backing-off' });
    file('new', '{"args":["cat"]}');
    expect(status(places, 'web').programs).toMatchObject([{ name: 'web', state: 'running' }]);
    expect(status(places, 'new').programs).toMatchObject([{ name: 'new', state: null }]);
    expect(status(places, 'web').programs).toMatchObject([{ hasFile: false }]);
    expect(status(places, 'new').programs).toMatchObject([{ hasFile: true }]);
    expect(() => status(places, 'nobody')).toThrow(expect.objectContaining({ code: 'EUNKNOWN' }) as Error);
    expect(() => status(places, '../status/web')).toThrow(expect.objectContaining({ code: 'ENAME' }) as Error);
  });

  it('tells an uptime of a process that there is, and of no other', () => {
    const { places, monitor, program } = colony();
    program('web');
    expect(status(places, 'web').programs[0]!.uptime).toBeNull();
    monitor();
    expect(status(places, 'web').programs[0]!.uptime).not.toBeNull();
    for (const idle of [{ pid: null }, { state: 'backing-off' }, { state: 'stopped' }, { startedAt: null }] as const) {
      program('web', idle);
      expect(status(places, 'web').programs[0]!.uptime).toBeNull();
    }
    program('web', { startedAt: new Date(Date.now() + 60_000).toISOString() });
    expect(status(places, 'web').programs[0]!.uptime).toBe(0);
  });

  it.each([
    [[], true],
    [[{ state: 'running', wanted: 'up' }], true],
    [
      [
        { state: 'stopped', wanted: 'down' },
        { state: 'running', wanted: 'up' },
      ],
      true,
    ],
    [[{ state: 'killing', wanted: 'down' }], true],
    [[{ state: 'starting', wanted: 'up' }], false],
    [
      [
        { state: 'running', wanted: 'up' },
        { state: 'backing-off', wanted: 'up' },
      ],
      false,
    ],
    [[{ state: 'stopped', wanted: 'up' }], false],
    [[{ state: null, wanted: null }], false],
  ] as const)('of %j: all that is wanted up is running: %s', (programs, expected) => {
    expect(isAllRunning(reportOf(programs.map(rowOf)))).toBe(expected);
  });
});

describe('a program that is a colony', () => {
  function tree() {
    const [outer, inner] = [colony(), colony()];
    outer.monitor();
    outer.program('edge', { colony: inner.places.home, wanted: 'up' });
    return { outer, inner };
  }

  it('holds the status of that colony, the rejected and the unseen in it too', () => {
    const { outer, inner } = tree();
    inner.monitor();
    inner.program('web');
    inner.file('new', '{"args": ["cat"]}');
    const [edge] = status(outer.places).programs;
    expect(edge?.colony).toMatchObject({
      home: inner.places.home,
      error: null,
      monitor: { pid: process.pid },
      programs: [
        { name: 'new', state: null },
        { name: 'web', state: 'running' },
      ],
    });
    expect(JSON.parse(statusJson(status(outer.places)))).toMatchObject({
      programs: [{ colony: { programs: [{ name: 'new' }, { name: 'web' }] } }],
    });
    expect(isAllRunning(status(outer.places))).toBe(false);
    inner.program('new');
    expect(isAllRunning(status(outer.places))).toBe(true);
  });

  it('says so where no monitor runs on it, or it is not there', () => {
    const { outer, inner } = tree();
    const nestedOf = () => status(outer.places).programs[0]?.colony;
    expect(nestedOf()).toMatchObject({ monitor: null, error: null, programs: [] });
    expect(isAllRunning(status(outer.places))).toBe(false);
    rmSync(inner.places.home, { recursive: true });
    expect(nestedOf()).toMatchObject({ monitor: null, error: { code: 'EDIRECTORY' }, programs: [] });
  });

  it('is not looked at again below itself', () => {
    const { places, monitor, program } = colony();
    monitor();
    program('self', { colony: places.home });
    expect(status(places).programs[0]?.colony?.error?.message).toContain('a colony cannot be below itself');
  });

  it('is not looked at again below itself by another way', () => {
    const { places, monitor, program } = colony();
    monitor();
    symlinkSync('.', join(places.home, 'again'));
    program('self', { colony: join(places.home, 'again') });
    expect(status(places).programs[0]?.colony?.error?.message).toContain('a colony cannot be below itself');
  });

  it('is looked at once, however many programs lead to it', () => {
    const levels = Array.from({ length: 5 }, colony);
    for (const [depth, { program }] of levels.entries()) {
      for (const name of ['a', 'b']) program(name, depth === 4 ? {} : { colony: levels[depth + 1]!.places.home });
    }
    const countOf = ({ programs }: StatusReport): number =>
      programs.reduce((sum, { colony: below }) => sum + 1 + (below === undefined ? 0 : countOf(below)), 0);
    const report = status(levels[0]!.places);
    expect(countOf(report)).toBe(10);
    expect(report.programs[1]?.colony?.error?.message).toContain('below two programs');
  });

  it('of somebody else holds nobody up: what is no file is not waited for, and what is no status not believed', () => {
    const { outer, inner } = tree();
    for (const path of [inner.paths.monitor, join(inner.paths.status, 'web.json')]) {
      execFileSync('mkfifo', [path]);
    }
    inner.program('huge', { run: 'x'.repeat(2 ** 21) });
    inner.program('odd', { group: 'all' as unknown as readonly string[] });
    expect(status(outer.places).programs[0]?.colony).toMatchObject({ monitor: null, error: null, programs: [] });
  });
});

describe('the monitor', () => {
  it('is null where none ever was', () => {
    expect(status(emptyColony()).monitor).toBeNull();
  });

  it('is null where its pid is somebody else’s by now, or its file is torn', () => {
    const { places, paths, monitor } = colony();
    monitor({ startTime: startTimeOf(process.pid) - 1 });
    expect(status(places).monitor).toBeNull();
    writeFileSync(paths.monitor, '{"version":1,');
    expect(status(places).monitor).toBeNull();
    monitor();
    expect(status(places).monitor).not.toBeNull();
  });

  it('is null where it is gone', async () => {
    const { places, monitor } = colony();
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    monitor({ pid: child.pid!, startTime: startTimeOf(child.pid!) });
    expect(status(places).monitor).not.toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(status(places).monitor).toBeNull();
  });

  it('is silent where its file is older than a monitor leaves it, and nothing is sure then', () => {
    const { places, paths, monitor } = colony();
    monitor({ frequency: 10_000 });
    const aged = (seconds: number) => utimesSync(paths.monitor, new Date(), new Date(Date.now() - seconds * 1000));
    aged(20);
    expect(status(places)).toMatchObject({ silentFor: null });
    expect(isAllRunning(status(places))).toBe(true);
    aged(30);
    expect(status(places)).toMatchObject({ silentFor: 30, monitor: { pid: process.pid } });
    expect(isAllRunning(status(places))).toBe(false);
    expect(statusJson(status(places))).not.toContain('silent');
  });

  it('is found whatever its command is called', async () => {
    const { places, monitor } = colony();
    const odd = join(places.config, 'a) R 1 1 (b');
    writeFileSync(odd, '#!/bin/sh\nread line\n');
    chmodSync(odd, 0o755);
    const child = spawn(odd, { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    monitor({ pid: child.pid!, startTime: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) });
    expect(status(places).monitor).not.toBeNull();
    child.stdin.end();
    await once(child, 'exit');
  });

  it.skipIf(process.geteuid?.() === 0)('cannot be asked about by those who may not read what it wrote', () => {
    const { places, paths } = colony();
    chmodSync(paths.root, 0);
    expect(() => status(places)).toThrow(expect.objectContaining({ code: 'EDIRECTORY' }) as Error);
    chmodSync(paths.root, 0o700);
  });
});
