import { describe, expect, test } from 'vitest';
import { LoneProgram } from '../../fixtures/lone-program.js';

const noSuchFile = { code: 'ENOENT', message: 'no such file' };

describe('starting', () => {
  test('starting_threshold: what lives as long as the threshold is running, and not a millisecond before', () => {
    const program = new LoneProgram().start();
    expect(program.wait(999).state).toBe('starting');
    expect(program.wait(1).state).toBe('running');
  });

  test('starting_slow-spawn: the threshold counts from the process, not from the wish for it', () => {
    const program = new LoneProgram();
    program.system.usual = { spawnDelay: 3_000 };
    program.start();
    expect(program.wait(3_999).state).toBe('starting');
    expect(program.wait(1).state).toBe('running');
    expect(program.context.starts).toBe(1);
  });

  test('starting_threshold-zero: no death is instant, so it runs as soon as there is a process', () => {
    const program = new LoneProgram({ timings: { threshold: 0 } }).start();
    expect(program.state).toBe('running');
    expect(program.told()).toEqual(['starting', 'started', 'running']);
  });

  test('starting_threshold-zero-slow-spawn: it does not run before there is a process', () => {
    const program = new LoneProgram({ timings: { threshold: 0 } });
    program.system.usual = { spawnDelay: 30 };
    program.start();
    expect(program.wait(29).state).toBe('starting');
    expect(program.wait(1).state).toBe('running');
  });

  test('starting_exit: an instant death is followed by a back-off, and by a start when that is over', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 999, exit: { code: 3, signal: null } });
    program.start().wait(999);
    expect(program.state).toBe('backing-off');
    expect(program.context).toMatchObject({ instantDeaths: 1, pid: null, run: null, process: undefined });
    expect(program.context.lastExit).toEqual({ code: 3, signal: null });
    program.wait(400);
    expect(program.system.story('asked', 'exited')).toEqual(['0 asked', '999 exited', '1399 asked']);
  });

  test('starting_exit-exit: each instant death in a row doubles the wait, up to the cap', () => {
    const program = new LoneProgram();
    program.system.usual = { life: 10 };
    program.start().wait(6_000);
    const waits = program.facts.flatMap((fact) => (fact.type === 'program.backing-off' ? [fact.delay] : []));
    expect(waits).toEqual([400, 800, 1_600, 1_600, 1_600]);
    expect(program.system.story('asked')).toEqual(['0 asked', '410 asked', '1220 asked', '2830 asked', '4440 asked']);
    expect(program.context).toMatchObject({ instantDeaths: 5, instantDeathsInRow: 5, starts: 5 });
  });

  test('starting_exit-stragglers: what outlives it is ended before the back-off begins', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 10, children: 2, termDelay: 30 });
    program.start().wait(10);
    expect(program.state).toBe('killing');
    expect(program.context).toMatchObject({ instantDeaths: 1, stragglers: [102, 103] });
    expect(program.wait(30).state).toBe('backing-off');
    expect(program.wait(399).state).toBe('backing-off');
    expect(program.wait(1).state).toBe('starting');
    expect(program.system.story('SIGTERM', 'gone')).toEqual(['10 SIGTERM', '40 gone']);
  });

  test('starting_failure: a failed spawn backs off with its reason and is no death', () => {
    const program = new LoneProgram();
    program.system.usual = { failure: noSuchFile };
    program.start();
    expect(program.state).toBe('backing-off');
    expect(program.context).toMatchObject({
      error: noSuchFile,
      instantDeaths: 0,
      instantDeathsInRow: 1,
      lastExit: null,
    });
    program.wait(2_800);
    expect(program.system.story('failed')).toEqual(['0 failed', '400 failed', '1200 failed', '2800 failed']);
  });

  test('starting_failure-start: the reason is forgotten when a spawn succeeds', () => {
    const program = new LoneProgram();
    program.system.next.push({ failure: noSuchFile });
    program.start().wait(400);
    expect(program.state).toBe('starting');
    expect(program.context.error).toBeNull();
  });

  test('starting_late-failure: a helper that fails after the pid was known backs off too', () => {
    const program = new LoneProgram().start();
    program.actor.send({ type: 'process.failed', error: { code: 'ESETPRIV', message: 'no such user' } });
    expect(program.state).toBe('backing-off');
    expect(program.context).toMatchObject({ pid: null, process: undefined, instantDeaths: 0 });
  });

  test('starting_restart: the old process is ended first, and what was asked for is no instant death', () => {
    const program = new LoneProgram();
    program.system.usual = { termDelay: 50 };
    program.start().wait(10).restart();
    expect(program.state).toBe('killing');
    program.wait(50);
    expect(program.state).toBe('starting');
    expect(program.system.story('spawned', 'gone')).toEqual(['0 spawned', '60 gone', '60 spawned']);
    expect(program.context).toMatchObject({ instantDeaths: 0, restartDelay: 400, starts: 2 });
  });

  test('starting_configure-up: the new spec takes the place of the old one, without a back-off', () => {
    const program = new LoneProgram().start().configure({ revision: 'r9' });
    expect(program.state).toBe('starting');
    expect(program.system.revisions()).toEqual([
      [0, 'r1'],
      [0, 'r9'],
    ]);
    expect(program.context.instantDeaths).toBe(0);
  });

  test('starting_configure-down and starting_stop: it ends, and stays so', () => {
    for (const program of [new LoneProgram().start().configure({ wanted: 'down' }), new LoneProgram().start().stop()]) {
      expect(program.wait(100_000).state).toBe('stopped');
      expect(program.system.story('asked', 'gone')).toEqual(['0 asked', '0 gone']);
    }
  });

  test.each([
    ['restart', 'starting'],
    ['configure', 'starting'],
    ['stop', 'stopped'],
  ] as const)('starting_%s-before-pid: the process gets the stop signal as soon as it is there', (order, next) => {
    const program = new LoneProgram();
    program.system.next.push({ spawnDelay: 70 });
    program.start()[order]();
    expect(program.wait(69).state).toBe('killing');
    expect(program.wait(1).state).toBe(next);
    expect(program.system.story('SIGTERM', 'gone')).toEqual(['70 SIGTERM', '70 gone']);
  });

  test('starting_stop-abandoned: a spawn that is given up leads on without a process', () => {
    const program = new LoneProgram();
    program.system.usual = { spawnDelay: 70, abandons: true };
    expect(program.start().restart().state).toBe('starting');
    expect(program.stop().state).toBe('stopped');
    expect(program.wait(100_000).system.story('asked', 'spawned')).toEqual(['0 asked', '0 asked']);
  });

  test('starting_start, starting_kill, starting_reap: change nothing', () => {
    const program = new LoneProgram().start().start().send({ type: 'program.kill' }).send({ type: 'program.reap' });
    expect(program.state).toBe('starting');
    expect(program.system.story()).toEqual(['0 asked', '0 spawned']);
  });

  test('starting_signal: reaches the process', () => {
    const program = new LoneProgram().start().send({ type: 'program.signal', signal: 'SIGUSR1' });
    expect(program.system.story('SIGUSR1')).toEqual(['0 SIGUSR1']);
  });

  test.each(['ask', 'spawn'])('starting_defect (on %s): leftovers are looked for, then it backs off', (moment) => {
    const program = new LoneProgram();
    program.system.next.push({ breaksOn: moment }, { breaksOn: moment });
    program.start();
    expect(program.state).toBe('backing-off');
    expect(program.context.error).toEqual({ code: 'EDEFECT', message: `broke on ${moment}` });
    expect(program.system.alive('web')).toEqual([]);
    program.wait(1_200);
    expect(program.system.story('asked', 'reap')).toEqual(['0 asked', '0 reap', '400 asked', '400 reap', '1200 asked']);
    expect(program.wait(1_000).state).toBe('running');
    expect(program.system.mostAlive).toBe(1);
  });
});
