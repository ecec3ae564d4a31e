import { describe, expect, test } from 'vitest';
import { LoneProgram, specOf } from '../../fixtures/lone-program.js';
import type { Script } from '../../../src/testing/fake-process.js';
import type { ProgramSpec } from '../../../machines/index.js';

/** A running program whose process has this script; the time is 1,000 ms. */
function running(script: Script, changes: Partial<ProgramSpec> = {}): LoneProgram {
  const program = new LoneProgram({ spec: specOf(changes) });
  program.system.next.push(script);
  return program.run();
}

const deaf: Script = { termDelay: Infinity };

describe('killing: signals', () => {
  test('killing_killtime: SIGKILL comes at the killtime, and not a millisecond before', () => {
    const program = running({ ...deaf, killDelay: 10 }).stop();
    program.wait(4_999);
    expect(program.system.story('SIGTERM', 'SIGKILL')).toEqual(['1000 SIGTERM']);
    program.wait(1);
    expect(program.system.story('SIGTERM', 'SIGKILL')).toEqual(['1000 SIGTERM', '6000 SIGKILL']);
    expect(program.told().at(-1)).toBe('killed');
    expect(program.wait(10).state).toBe('stopped');
  });

  test('killing_obeyed: what ends in time is not killed', () => {
    const program = running({ termDelay: 4_999 }).stop().wait(100_000);
    expect(program.system.story('SIGKILL')).toEqual([]);
    expect(program.told()).not.toContain('killed');
  });

  test.each([0, 200, 60_000])(
    'killing_killtime-own: a killtime of %d ms of the program overrules the common one',
    (own) => {
      const stop = { signal: 'SIGTERM', killtime: own, tree: true };
      const program = running(deaf, { stop }).stop().wait(100_000);
      expect(program.system.story('SIGTERM', 'SIGKILL')).toEqual(['1000 SIGTERM', `${1_000 + own} SIGKILL`]);
    },
  );

  test('killing_signal-own: the first signal is the one that the file names', () => {
    const program = running({}, { stop: { signal: 'SIGQUIT', killtime: undefined, tree: true } }).stop();
    expect(program.system.story('SIGTERM', 'SIGQUIT')).toEqual(['1000 SIGQUIT']);
    expect(program.facts.findLast(({ type }) => type === 'program.killing')).toMatchObject({ signal: 'SIGQUIT' });
  });

  test('killing_no-tree: the first signal goes to the main process alone, SIGKILL to everything', () => {
    const stop = { signal: 'SIGTERM', killtime: undefined, tree: false };
    const program = running({ children: 2 }, { stop }).stop();
    expect(program.state).toBe('killing');
    expect(program.context).toMatchObject({ pid: null, stragglers: [102, 103] });
    expect(program.told().slice(-2)).toEqual(['died', 'lingering']);
    expect(program.wait(4_999).state).toBe('killing');
    expect(program.wait(1).state).toBe('stopped');
  });

  test('killing_signal: reaches the process', () => {
    const program = running(deaf).stop().send({ type: 'program.signal', signal: 'SIGQUIT' });
    expect(program.system.story('SIGQUIT')).toEqual(['1000 SIGQUIT']);
  });

  test('killing_kill: SIGKILL comes at once, and is told', () => {
    const program = running(deaf).stop().wait(100).send({ type: 'program.kill' });
    expect(program.state).toBe('stopped');
    expect(program.system.story('SIGKILL')).toEqual(['1100 SIGKILL']);
    expect(program.told().slice(-3)).toEqual(['killed', 'died', 'stopped']);
  });

  test('killing_kill-before-pid: it is killed as soon as it is there', () => {
    const program = new LoneProgram();
    program.system.next.push({ spawnDelay: 70, ...deaf });
    program.start().stop().send({ type: 'program.kill' }).wait(70);
    expect(program.state).toBe('stopped');
    expect(program.system.alive('web')).toEqual([]);
  });

  test('killing_stuck: what SIGKILL does not end stays in killing with ESTUCK and its pids', () => {
    const program = running({ ...deaf, killDelay: Infinity })
      .stop()
      .wait(60_000);
    expect(program.state).toBe('killing');
    expect(program.context.error).toEqual({ code: 'ESTUCK', message: 'SIGKILL does not end pid 101' });
    expect(program.context.stragglers).toEqual([101]);
    expect(program.facts.at(-1)).toMatchObject({ type: 'program.stuck', pids: [101], error: { code: 'ESTUCK' } });
  });

  test.each([
    ['stop', 'stopped'],
    ['restart', 'starting'],
  ] as const)('killing_stuck-gone after %s: when it goes at last, the error goes with it', (order, next) => {
    const program = running({ ...deaf, killDelay: Infinity });
    program[order]().wait(60_000);
    program.system.usual = { spawnDelay: 50 };
    program.system.alive('web')[0]!.release();
    expect(program.state).toBe(next);
    expect(program.context).toMatchObject({ error: null, stragglers: [] });
  });
});

describe('killing: what comes next', () => {
  test('killing_gone-wanted-down: stopped, with the cause of the stop', () => {
    const program = running({ termDelay: 50 }).stop('removed').wait(50);
    expect(program.state).toBe('stopped');
    expect(program.facts.at(-1)).toMatchObject({ type: 'program.stopped', because: 'process.gone', by: 'removed' });
    expect(program.context).toMatchObject({ pid: null, run: null, process: undefined });
  });

  test('killing_restart: after a stop it is not lifted by a restart', () => {
    const program = running({ termDelay: 50 }).stop().restart().wait(100_000);
    expect(program.state).toBe('stopped');
  });

  test('killing_start: a start lifts the stop', () => {
    const program = running({ termDelay: 50 }).stop().start().wait(50);
    expect(program.state).toBe('starting');
  });

  test('killing_stop: a stop overrules the restart that is under way', () => {
    const program = running({ termDelay: 50 }).restart().stop('m2').wait(100_000);
    expect(program.state).toBe('stopped');
    expect(program.facts.at(-1)).toMatchObject({ type: 'program.stopped', by: 'm2' });
  });

  test('killing_configure-up: the newest spec starts when the old process is gone, also after a stop', () => {
    const program = running({ termDelay: 50 })
      .stop()
      .configure({ revision: 'r2' })
      .configure({ revision: 'r3' })
      .wait(50);
    expect(program.state).toBe('starting');
    expect(program.system.revisions()).toEqual([
      [0, 'r1'],
      [1_050, 'r3'],
    ]);
  });

  test('killing_configure-down: it stops, whatever was to come next', () => {
    const program = running({ termDelay: 50 }).restart().configure({ wanted: 'down' }).wait(100_000);
    expect(program.state).toBe('stopped');
  });

  test('killing_configure: sends no second stop signal and does not put off SIGKILL', () => {
    const program = running(deaf).restart().wait(3_000).configure().wait(2_000);
    expect(program.system.story('SIGTERM', 'SIGKILL')).toEqual(['1000 SIGTERM', '6000 SIGKILL']);
    expect(program.state).toBe('starting');
  });

  test.each(['restart', 'start', 'configure'] as const)(
    'killing_%s-stragglers: an order in between spares an instant death its back-off',
    (order) => {
      const program = new LoneProgram();
      program.system.next.push({ life: 10, children: 1, termDelay: 50 });
      program.start().wait(10);
      program[order]().wait(50);
      expect(program.system.story('asked')).toEqual(['0 asked', '60 asked']);
    },
  );

  test('killing_stop-stragglers: a stop in between leaves nothing to back off from', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 10, children: 1, termDelay: 50 });
    program.start().wait(10).stop().wait(100_000);
    expect(program.state).toBe('stopped');
    expect(program.system.story('asked')).toEqual(['0 asked']);
  });

  test.each([
    ['stop', 'stopped'],
    ['restart', 'starting'],
    ['configure', 'starting'],
  ] as const)('killing_failure after %s: a spawn that fails while it is being ended leads to %s', (order, next) => {
    const program = new LoneProgram();
    program.system.next.push({ spawnDelay: 70, failure: { code: 'ENOENT', message: 'no such file' } });
    program.start()[order]();
    expect(program.wait(69).state).toBe('killing');
    expect(program.wait(1).state).toBe(next);
  });

  test('killing_reap: what is being ended is being ended', () => {
    const program = running(deaf).stop();
    const before = program.system.calls.length;
    program.send({ type: 'program.reap' });
    expect(program.system.calls).toHaveLength(before);
  });
});

describe('killing: defects', () => {
  test('killing_defect: the process of a broken actor still gets the stop signal, SIGKILL after the killtime, and goes', () => {
    const program = running({ ...deaf, breaksOn: 'process.terminate' })
      .stop()
      .wait(4_999);
    expect(program.system.story('reap', 'SIGTERM', 'SIGKILL')).toEqual(['1000 reap', '1000 SIGTERM']);
    expect(program.wait(1).state).toBe('stopped');
    expect(program.told()).toContain('failed');
  });

  test('killing_kill-defect: an actor that breaks at SIGKILL is no reason to spare the process', () => {
    const program = running({ ...deaf, breaksOn: 'process.kill' })
      .restart()
      .wait(5_000);
    expect(program.state).toBe('killing');
    expect(program.wait(5_000).state).toBe('starting');
    expect(program.system.story('SIGKILL')).toEqual(['11000 SIGKILL']);
    expect(program.system.mostAlive).toBe(1);
  });
});
