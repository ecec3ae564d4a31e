import { describe, expect, test, vi } from 'vitest';
import { createActor, fromCallback, setup, type ActorRefFrom } from 'xstate';
import {
  programMachine,
  wardMachine,
  type ProgramFact,
  type ProgramSpec,
  type WardEvent,
} from '../../machines/index.js';
import { FakeSystem } from '../../src/testing/fake-system.js';
import { specOf, timings } from '../fixtures/lone-program.js';
import { SteppedClock } from '../../src/simulate/stepped-clock.js';

/** A ward on a fake system, with a supervisor that only listens; neither is a child of the other. */
class LoneWard {
  readonly clock = new SteppedClock();
  readonly system = new FakeSystem(this.clock);
  readonly heard: (WardEvent | ProgramFact)[] = [];
  readonly actor;

  constructor() {
    const program = programMachine.provide({
      actors: { process: this.system.process, leftovers: this.system.leftovers },
    });
    const hospital = setup({
      types: { context: {} as { ward: ActorRefFrom<typeof wardMachine> } },
      actors: {
        ward: wardMachine.provide({ actors: { program } }),
        supervisor: fromCallback<WardEvent | ProgramFact>(({ receive }) =>
          receive((event) => void this.heard.push(event)),
        ),
      },
    }).createMachine({
      context: ({ spawn }) => ({ ward: spawn('ward', { input: { timings, supervisor: spawn('supervisor') } }) }),
    });
    this.actor = createActor(hospital, { clock: this.clock }).start().getSnapshot().context.ward;
  }

  admit(...specs: readonly ProgramSpec[]): this {
    this.actor.send({ type: 'ward.admit', specs });
    return this;
  }

  discharge(name: string): this {
    this.actor.send({ type: 'ward.discharge', name });
    return this;
  }

  program(name: string) {
    return this.actor.getSnapshot().context.programs.get(name);
  }

  get names(): string[] {
    return Object.keys(this.actor.getSnapshot().children);
  }

  heardOf<T extends (WardEvent | ProgramFact)['type']>(type: T) {
    return this.heard.filter((event): event is Extract<WardEvent | ProgramFact, { type: T }> => event.type === type);
  }
}

const both = [specOf(), specOf({ name: 'api', wanted: 'down' })];

describe('ward.admit', () => {
  test('gives each an actor that has its spec and does nothing yet, and is answered once, with these', () => {
    const ward = new LoneWard().admit(...both);
    expect(ward.heard).toHaveLength(1);
    expect(ward.heardOf('ward.admitted').map(({ programs }) => Array.from(programs))).toEqual([
      [
        ['web', ward.program('web')],
        ['api', ward.program('api')],
      ],
    ]);
    expect(ward.program('web')?.getSnapshot()).toMatchObject({ value: 'stopped', context: { spec: both[0], timings } });
    expect(ward.system.calls).toEqual([]);
  });

  test('is answered without those that came before', () => {
    const ward = new LoneWard().admit(specOf()).admit(specOf({ name: 'api' }));
    expect(ward.heardOf('ward.admitted').map(({ programs }) => Array.from(programs.keys()))).toEqual([
      ['web'],
      ['api'],
    ]);
    expect(ward.names).toEqual(['program/web', 'program/api']);
  });

  test('of nobody is answered, too', () => {
    expect(new LoneWard().admit().heardOf('ward.admitted')).toHaveLength(1);
  });
});

describe('a program in a ward', () => {
  test('tells the supervisor itself what becomes of it', () => {
    const ward = new LoneWard().admit(specOf());
    ward.program('web')!.send({ type: 'program.start' });
    ward.clock.advance(1_000);
    expect(ward.heard.slice(1).map(({ type }) => type)).toEqual([
      'program.starting',
      'program.started',
      'program.running',
    ]);
  });

  test('that breaks is told of once, with its reason; it is in the ward no more, and the others are', () => {
    const ward = new LoneWard().admit(...both);
    ward.system.next.push({ breaksOn: 'process.signal' });
    ward.system.brokenLeftovers = 1;
    ward.program('web')!.send({ type: 'program.start' });
    ward.program('web')!.send({ type: 'program.signal', signal: 'SIGHUP' });
    expect(ward.heardOf('ward.lost')).toMatchObject([
      { type: 'ward.lost', name: 'web', error: { code: 'EDEFECT', message: 'broke on reap' } },
    ]);
    expect(ward.names).toEqual(['program/api']);
    expect(ward.admit(specOf()).names).toEqual(['program/api', 'program/web']);
  });

  test('that ended by itself, which none should, is told of like one that broke', () => {
    const ward = new LoneWard().admit(...both);
    const done = { type: 'xstate.done.actor.program/web', actorId: 'program/web', output: undefined };
    ward.actor.send(done as never);
    expect(ward.heardOf('ward.lost')).toMatchObject([
      { type: 'ward.lost', name: 'web', error: { code: 'EDEFECT', message: 'its actor ended by itself' } },
    ]);
    expect(ward.names).toEqual(['program/api']);
  });
});

describe('ward.discharge', () => {
  test('ends the actor without a word, and leaves the others', () => {
    const ward = new LoneWard().admit(...both);
    const web = ward.program('web')!;
    ward.discharge('web');
    expect(web.getSnapshot().status).toBe('stopped');
    expect(ward.names).toEqual(['program/api']);
    expect(ward.heard.map(({ type }) => type)).toEqual(['ward.admitted']);
  });

  test('of somebody who is not there changes nothing', () => {
    const ward = new LoneWard().admit(specOf()).discharge('nobody').discharge('api');
    expect(ward.names).toEqual(['program/web']);
    expect(ward.actor.getSnapshot().status).toBe('active');
  });

  test('of one whose actor breaks over it: that is nobody’s loss', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const ward = new LoneWard().admit(specOf()).discharge('web');
    const late = { type: 'xstate.error.actor.program/web', actorId: 'program/web', error: new Error('late') };
    ward.actor.send(late as never);
    expect(ward.heardOf('ward.lost')).toEqual([]);
    expect(ward.actor.getSnapshot().status).toBe('active');
  });

  test('and admission again in a row: a new actor, and no trace of the old one', () => {
    const ward = new LoneWard().admit(specOf());
    const before = ward.program('web');
    ward.discharge('web').admit(specOf({ revision: 'r2' }));
    expect(ward.program('web')).not.toBe(before);
    expect(ward.program('web')?.getSnapshot()).toMatchObject({
      status: 'active',
      context: { spec: { revision: 'r2' } },
    });
    expect(ward.names).toEqual(['program/web']);
  });
});
