import { describe, expect, test } from 'vitest';
import { LoneProgram, specOf } from '../../fixtures/lone-program.js';

describe('stopped', () => {
  test('stopped_initial: a program starts nothing by itself, however much time passes', () => {
    const program = new LoneProgram().wait(3_600_000);
    expect(program.state).toBe('stopped');
    expect(program.system.calls).toEqual([]);
  });

  test('stopped_configure-up: starts the process that the file describes', () => {
    const program = new LoneProgram().configure({ args: ['new', 'words'], revision: 'r7' });
    expect(program.state).toBe('starting');
    expect(program.system.calls[0]).toMatchObject({ what: 'asked', name: 'web', revision: 'r7' });
  });

  test('stopped_configure-down: the new spec is kept for later, nothing starts and nothing is told', () => {
    const program = new LoneProgram().configure({ wanted: 'down', revision: 'r7' });
    expect(program.state).toBe('stopped');
    expect(program.facts).toEqual([]);
    program.start();
    expect(program.system.calls[0]).toMatchObject({ revision: 'r7' });
  });

  test('stopped_start: starts, also what the file wants down, and keeps it up from then on', () => {
    const program = new LoneProgram({ spec: specOf({ wanted: 'down' }) }).run();
    expect(program.context.wanted).toBe('up');
    program.restart().wait(1_000);
    expect(program.state).toBe('running');
  });

  test('stopped_restart: starts what is wanted up', () => {
    expect(new LoneProgram().restart().state).toBe('starting');
  });

  test('stopped_restart-down: what is wanted down is not started by a restart', () => {
    expect(new LoneProgram({ spec: specOf({ wanted: 'down' }) }).restart().state).toBe('stopped');
    expect(new LoneProgram().run().stop().restart().state).toBe('stopped');
  });

  test('stopped_stop: is answered, because a shutdown counts the answers, and wants it down', () => {
    const program = new LoneProgram().stop('shutdown');
    expect(program.facts).toEqual([
      { type: 'program.stopped', name: 'web', because: 'program.stop', by: 'shutdown', keys: undefined },
    ]);
    expect(program.context.wanted).toBe('down');
  });

  test('stopped_reap: what lives under its name is ended first, as a stop would end it', () => {
    const program = new LoneProgram({ spec: specOf({ wanted: 'down' }) });
    program.system.leave('web', { termDelay: 300 });
    program.system.leave('other');
    program.send({ type: 'program.reap' });
    expect(program.state).toBe('killing');
    program.wait(300);
    expect(program.state).toBe('stopped');
    expect(program.system.story('SIGTERM', 'gone')).toEqual(['0 SIGTERM', '300 gone']);
    expect(program.system.alive('other')).toHaveLength(1);
  });

  test('stopped_reap-up: is started when everything left of it is gone, and not before', () => {
    const program = new LoneProgram();
    program.system.leave('web', { termDelay: Infinity, killDelay: 20 });
    program.send({ type: 'program.reap' }).configure();
    expect(program.wait(5_019).system.story('asked')).toEqual([]);
    expect(program.wait(1).system.story('asked')).toEqual(['5020 asked']);
    expect(program.system.mostAlive).toBe(1);
  });

  test('stopped_reap-nothing: with nothing left it starts at once', () => {
    const program = new LoneProgram().send({ type: 'program.reap' });
    expect(program.state).toBe('starting');
  });

  test('stopped_signal, stopped_kill: there is nobody to hear them', () => {
    const program = new LoneProgram().send({ type: 'program.signal', signal: 'SIGHUP' }).send({ type: 'program.kill' });
    expect(program.state).toBe('stopped');
    expect(program.system.calls).toEqual([]);
  });
});
