import { describe, expect, test } from 'vitest';
import { createActor, fromCallback, setup } from 'xstate';
import {
  programMachine,
  wardMachine,
  type ProgramFact,
  type ProgramRef,
  type WardEvent,
} from '../../machines/index.js';
import { FakeSystem } from '../fixtures/fake-system.js';
import { specOf, timings } from '../fixtures/lone-program.js';
import { SteppedClock } from '../fixtures/stepped-clock.js';

/** A ward, and a supervisor that only listens. */
class Ward {
  readonly clock = new SteppedClock();
  readonly system = new FakeSystem(this.clock);
  readonly heard: (WardEvent | ProgramFact)[] = [];
  readonly actor;
  /** What the ward itself was sent. */
  readonly asked: string[] = [];

  constructor(program?: typeof programMachine) {
    const { process, leftovers } = this.system;
    const supervisor = createActor(
      fromCallback<WardEvent | ProgramFact>(({ receive }) => receive((event) => void this.heard.push(event))),
    ).start();
    const actors = { program: program ?? programMachine.provide({ actors: { process, leftovers } }) };
    this.actor = createActor(wardMachine.provide({ actors }), {
      input: { timings, supervisor },
      clock: this.clock,
      inspect: (event) => {
        if (event.type === '@xstate.event' && event.actorRef === this.actor) this.asked.push(event.event.type);
      },
    });
    this.actor.start();
  }

  admit(...names: readonly string[]): ProgramRef[] {
    this.actor.send({ type: 'ward.admit', specs: names.map((name) => specOf({ name })) });
    return names.map((name) => this.actor.getSnapshot().context.programs.get(name)!);
  }

  discharge(name: string): this {
    this.actor.send({ type: 'ward.discharge', name });
    return this;
  }

  get names(): string[] {
    const { children, context } = this.actor.getSnapshot();
    expect(Object.values(children)).toEqual([...context.programs.values()]);
    return [...context.programs.keys()];
  }

  /** What was heard, in short. */
  get told(): string[] {
    return this.heard.map((event) =>
      event.type === 'ward.admitted'
        ? `${event.type} ${[...event.programs.keys()].join(' ')}`
        : `${event.type} ${event.name}`,
    );
  }
}

describe('ward.admit', () => {
  test('gives each an actor, in one answer; nothing is started that nobody ordered', () => {
    const ward = new Ward();
    const programs = ward.admit('api', 'web');
    expect(ward.told).toEqual(['ward.admitted api web']);
    expect(ward.heard).toMatchObject([
      {
        programs: new Map([
          ['api', programs[0]!],
          ['web', programs[1]!],
        ]),
      },
    ]);
    expect(programs.map((program) => program.getSnapshot().value)).toEqual(['stopped', 'stopped']);
    expect(ward.system.calls).toEqual([]);
  });

  test('is answered by those who were asked for, not by all that are there', () => {
    const ward = new Ward();
    const [first] = ward.admit('api');
    ward.admit('web');
    expect(ward.told).toEqual(['ward.admitted api', 'ward.admitted web']);
    expect(ward.names).toEqual(['api', 'web']);
    expect(ward.actor.getSnapshot().context.programs.get('api')).toBe(first);
  });

  test('brings programs that speak to the supervisor, past the ward', () => {
    const ward = new Ward();
    ward.admit('web')[0]!.send({ type: 'program.start' });
    ward.clock.advance(1_000);
    expect(ward.told.slice(1)).toEqual(['program.starting web', 'program.started web', 'program.running web']);
    expect(ward.asked).toEqual(['xstate.init', 'ward.admit']);
  });
});

describe('ward.discharge', () => {
  test('takes that program away, and leaves the others as they are', () => {
    const ward = new Ward();
    const [api, web] = ward.admit('api', 'web');
    expect(ward.discharge('api').names).toEqual(['web']);
    expect([api, web].map((program) => program!.getSnapshot().status)).toEqual(['stopped', 'active']);
    expect(ward.told).toEqual(['ward.admitted api web']);
  });

  test('of who is not there changes nothing', () => {
    const ward = new Ward();
    ward.admit('web');
    const { context } = ward.actor.getSnapshot();
    expect(ward.discharge('api').actor.getSnapshot().context).toBe(context);
  });

  test('and ward.admit give a name a new actor', () => {
    const ward = new Ward();
    const [before] = ward.admit('web');
    const [after] = ward.discharge('web').admit('web');
    expect(after).not.toBe(before);
    after!.send({ type: 'program.start' });
    expect(ward.told.slice(1)).toEqual(['ward.admitted web', 'program.starting web', 'program.started web']);
  });

  test('is no loss, even of a program that breaks as it goes', () => {
    const ward = new Ward();
    ward.admit('api', 'web');
    ward.discharge('web');
    ward.actor.send({
      type: 'xstate.error.actor.program/web',
      actorId: 'program/web',
      error: new Error('late'),
    } as never);
    expect(ward.told).toEqual(['ward.admitted api web']);
    expect(ward.names).toEqual(['api']);
  });
});

describe('ward.lost', () => {
  test('tells who broke and why; it is there no more, and the others live', () => {
    const ward = new Ward();
    const [api, web] = ward.admit('api', 'web');
    ward.system.brokenLeftovers = 1;
    web!.send({ type: 'program.reap' });
    expect(ward.heard.at(-1)).toEqual({
      type: 'ward.lost',
      name: 'web',
      program: web,
      error: { code: 'EDEFECT', message: 'broke on reap' },
    });
    expect(ward.names).toEqual(['api']);
    expect(api!.getSnapshot().status).toBe('active');
    expect(ward.actor.getSnapshot().status).toBe('active');
  });

  test('tells of a program that ended by itself', () => {
    const brief = setup({}).createMachine({
      initial: 'stopped',
      states: { stopped: { on: { 'program.stop': 'gone' } }, gone: { type: 'final' } },
    }) as unknown as typeof programMachine;
    const ward = new Ward(brief);
    ward.admit('web')[0]!.send({ type: 'program.stop' });
    const error = { code: 'EDEFECT', message: 'its actor ended by itself' };
    expect(ward.heard.at(-1)).toMatchObject({ type: 'ward.lost', name: 'web', error });
    expect(ward.names).toEqual([]);
  });

  test('follows ward.admitted, even when a program breaks as it is born', () => {
    const stillborn = setup({}).createMachine({
      context: () => {
        throw new Error('born broken');
      },
    }) as unknown as typeof programMachine;
    const ward = new Ward(stillborn);
    ward.admit('api', 'web');
    expect(ward.told).toEqual(['ward.admitted api web', 'ward.lost api', 'ward.lost web']);
    expect(ward.names).toEqual([]);
  });
});

test('the end of a ward is the end of its programs', () => {
  const ward = new Ward();
  const programs = ward.admit('api', 'web');
  for (const program of programs) program.send({ type: 'program.start' });
  ward.actor.stop();
  expect(programs.map((program) => program.getSnapshot().status)).toEqual(['stopped', 'stopped']);
  expect(ward.system.story('disposed')).toEqual(['0 disposed', '0 disposed']);
});
