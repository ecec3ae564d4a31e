import { describe, expect, expectTypeOf, test } from 'vitest';
import { createActor, fromCallback, setup, type ActorRefFrom } from 'xstate';
import { programMachine, type ProgramSpec } from '../../../machines/index.js';
import { FakeSystem } from '../../../src/testing/fake-system.js';
import { LoneProgram, specOf, timings } from '../../fixtures/lone-program.js';
import { SteppedClock } from '../../../src/simulate/stepped-clock.js';

/** A whole life: it fails, dies young with a child left, runs, is restarted, resists, and is removed. */
function life(): LoneProgram {
  const program = new LoneProgram();
  program.system.next.push(
    { failure: { code: 'ENOENT', message: 'no such file' } },
    { life: 10, exit: { code: 3, signal: null }, children: 1, termDelay: 20 },
    { spawnDelay: 5, children: 1, termDelay: Infinity, killDelay: 500 },
  );
  program.configure({ stop: { signal: 'SIGINT', killtime: 2_000, tree: true } });
  program.wait(400 + 30 + 800 + 5 + 1_000).restart('m1');
  return program.wait(2_500).stop('removed');
}

describe('facts', () => {
  test('a life is told completely, in order, with the cause of each step', () => {
    const afterBackOff = 'xstate.after.restartDelay.program.backing-off';
    const manner = { signal: 'SIGINT', killtime: 2_000 };
    const expected = [
      { type: 'program.starting', starts: 1, because: 'program.configure', keys: ['args'] },
      { type: 'program.failed', error: { code: 'ENOENT', message: 'no such file' } },
      { type: 'program.backing-off', because: 'process.failed', delay: 400, instantDeaths: 0, instantDeathsInRow: 1 },
      { type: 'program.starting', starts: 2, because: afterBackOff },
      { type: 'program.started', pid: 101, run: 'run-101' },
      { type: 'program.died', exit: { code: 3, signal: null }, stragglers: [102] },
      { type: 'program.killing', because: 'process.exited', ...manner },
      { type: 'program.lingering', pids: [102] },
      { type: 'program.backing-off', because: 'process.gone', delay: 800, instantDeaths: 1, instantDeathsInRow: 2 },
      { type: 'program.starting', starts: 3, because: afterBackOff },
      { type: 'program.started', pid: 103, run: 'run-103' },
      { type: 'program.running', pid: 103, run: 'run-103' },
      { type: 'program.killing', because: 'program.restart', by: 'm1', ...manner },
      { type: 'program.killed' },
      {
        type: 'program.stuck',
        pids: [103, 104],
        error: { code: 'ESTUCK', message: 'SIGKILL does not end pid 103, 104' },
      },
      { type: 'program.died', exit: { code: null, signal: 'SIGKILL' }, stragglers: [], asked: true },
      { type: 'program.starting', starts: 4, because: 'process.gone' },
      { type: 'program.started', pid: 105, run: 'run-105' },
      { type: 'program.killing', because: 'program.stop', by: 'removed', ...manner },
      { type: 'program.died', exit: { code: null, signal: 'SIGINT' }, stragglers: [], asked: true },
      { type: 'program.stopped', because: 'process.gone', by: 'removed' },
    ];
    expect(life().facts).toEqual(expected.map((fact) => Object.assign(fact, { name: 'web' })));
  });

  test('every fact that a listener hears its supervisor hears too, in the same order', () => {
    const clock = new SteppedClock();
    const system = new FakeSystem(clock);
    const heard: unknown[] = [];
    // Its parent is someone else: only whoever is named as the supervisor is told.
    const root = createActor(
      setup({
        types: { context: {} as { program: ActorRefFrom<typeof programMachine> } },
        actors: {
          program: programMachine.provide({ actors: { process: system.process, leftovers: system.leftovers } }),
          supervisor: fromCallback(({ receive }) => receive((event) => heard.push(event))),
        },
      }).createMachine({
        context: ({ spawn }) => {
          const supervisor = spawn('supervisor');
          return { program: spawn('program', { input: { spec: specOf(), timings, supervisor } }) };
        },
        on: { 'program.*': { actions: ({ event }) => heard.push(`${event.type}, to the parent`) } },
      }),
      { clock },
    );
    const { program } = root.getSnapshot().context;
    const told: unknown[] = [];
    program.on('*', (fact) => told.push(fact));
    root.start();
    program.send({ type: 'program.start' });
    clock.advance(1_000);
    program.send({ type: 'program.stop' });
    expect(told).toHaveLength(6);
    expect(heard).toEqual(told);
  });

  test('what a machine knows of a program has no place for an environment', () => {
    expectTypeOf<keyof ProgramSpec>().toEqualTypeOf<
      'name' | 'args' | 'groups' | 'wanted' | 'stop' | 'revision' | 'colony'
    >();
    const program = life();
    const keys =
      'error instantDeaths instantDeathsInRow lastExit next pid process restartDelay run spec starts stopCause ' +
      'stragglers timings wanted';
    expect(Object.keys(program.context).sort().join(' ')).toBe(keys);
  });

  test('the process actor is given the name, the words and the revision, and nothing else', () => {
    const inputs: unknown[] = [];
    const program = new LoneProgram();
    program.actor.system.inspect((event) => {
      if (event.type !== '@xstate.event' || event.event.type !== 'xstate.init') return;
      inputs.push((event.event as unknown as { input: unknown }).input);
    });
    program.configure({ args: ['web', '-v'], revision: 'r4', groups: ['front'] });
    expect(inputs).toEqual([{ name: 'web', args: ['web', '-v'], revision: 'r4' }]);
  });
});
