import { describe, expect, test } from 'vitest';
import { waitFor, type ActorRefFrom } from 'xstate';
import { factsOf, listen, type Fact, type FactsMissed, type supervisorMachine } from '../../machines/index.js';
import { Colony } from '../fixtures/colony.js';

const never = (error: unknown) => {
  throw error;
};

describe('listen', () => {
  test('tells of one type of fact, until it is asked to stop', () => {
    const colony = new Colony();
    const heard: string[] = [];
    const leave = listen(colony.root, 'program.started', ({ name, pid }) => heard.push(`${name} ${pid}`), never);
    colony.add('web', 'api').wait(1_000);
    leave();
    colony.add('late').wait(1_000);
    expect(heard).toEqual(['web 101', 'api 102']);
  });

  test('a listener that throws, or rejects, harms neither the supervisor nor the other listeners', async () => {
    const colony = new Colony();
    const errors: unknown[] = [];
    const heard: string[] = [];
    listen(
      colony.root,
      '*',
      () => never(new Error('thrown')),
      (error) => errors.push(error),
    );
    listen(
      colony.root,
      '*',
      () => Promise.reject(new Error('rejected')),
      (error) => errors.push(error),
    );
    listen(colony.root, '*', ({ type }) => heard.push(type), never);
    colony.add('web').wait(1_000);
    await Promise.resolve();
    expect(heard).toEqual(['config.added', 'program.starting', 'program.started', 'program.running']);
    expect(errors.map(String).sort()).toEqual([
      ...heard.map(() => 'Error: rejected'),
      ...heard.map(() => 'Error: thrown'),
    ]);
    expect(colony.error).toBeUndefined();
    expect(colony.stateOf('web')).toBe('running');
  });

  test('hears a program as well as a supervisor', () => {
    const colony = new Colony().add('web');
    const heard: string[] = [];
    listen(colony.program('web')!, 'program.running', ({ name }) => heard.push(name), never);
    colony.wait(1_000);
    expect(heard).toEqual(['web']);
  });
});

type Reader = AsyncIterator<Fact | FactsMissed>;
const readerOf = (actor: ActorRefFrom<typeof supervisorMachine>, buffer?: number): Reader =>
  factsOf(actor, buffer === undefined ? {} : { buffer })[Symbol.asyncIterator]();

async function typesOf(reader: Reader): Promise<string[]> {
  const types: string[] = [];
  for (let next = await reader.next(); !next.done; next = await reader.next()) types.push(next.value.type);
  return types;
}

describe('factsOf', () => {
  test('ends when the supervisor ends, after its last word', async () => {
    const colony = new Colony();
    const reader = readerOf(colony.root);
    colony.add('web').wait(1_000).signal('SIGTERM').wait(1_000);
    expect(await typesOf(reader)).toEqual([
      'config.added',
      'program.starting',
      'program.started',
      'program.running',
      'supervisor.stopping',
      'program.killing',
      'program.died',
      'program.stopped',
      'supervisor.stopped',
    ]);
    expect(await typesOf(readerOf(colony.root))).toEqual([]);
  });

  test('who waits is told at once, and each reader reads for itself', async () => {
    const colony = new Colony();
    const [first, second] = [readerOf(colony.root), readerOf(colony.root)];
    const awaited = [first.next(), first.next()];
    colony.add('web');
    expect((await Promise.all(awaited)).map(({ value }) => (value as Fact).type)).toEqual([
      'config.added',
      'program.starting',
    ]);
    expect(await second.next()).toMatchObject({ value: { type: 'config.added' } });
    await first.return?.();
    expect(await first.next()).toEqual({ value: undefined, done: true });
    expect(await second.next()).toMatchObject({ value: { type: 'program.starting' } });
  });

  test('a slow reader loses the oldest, and is told how many', async () => {
    const colony = new Colony();
    const reader = readerOf(colony.root, 2);
    colony.add('web').wait(1_000).signal('SIGTERM').wait(1_000);
    expect(await reader.next()).toMatchObject({ value: { type: 'facts.missed', count: 7 } });
    expect(await typesOf(reader)).toEqual(['program.stopped', 'supervisor.stopped']);
  });

  test('ends when the supervisor is let go of, at whatever time the reader begins', async () => {
    const colony = new Colony();
    const reader = readerOf(colony.root);
    colony.root.stop();
    expect(await reader.next()).toMatchObject({ done: true });
    expect(await readerOf(colony.root).next()).toMatchObject({ done: true });
  });

  test('throws when the supervisor breaks, and ends then', async () => {
    const colony = new Colony({ without: ['process', 'leftovers', 'config'] });
    const reader = readerOf(colony.root);
    await expect(reader.next()).rejects.toThrow('actor config was not provided');
    expect(await reader.next()).toMatchObject({ done: true });
  });
});

test('waitFor works on a supervisor', async () => {
  const colony = new Colony();
  const running = waitFor(colony.root, ({ context }) => {
    return context.programs.get('web')?.getSnapshot().value === 'running';
  });
  colony.add('web').wait(1_000);
  expect((await running).context.specs.has('web')).toBe(true);
});
