import { describe, expect, test } from 'vitest';
import type { Message, ProgramState } from '../../machines/index.js';
import { judge, startDue } from '../../machines/judgement.js';
import { specOf } from '../fixtures/lone-program.js';

const specs = new Map(
  [
    specOf({ name: 'api', groups: ['back', 'all'] }),
    specOf({ name: 'db', groups: ['back'] }),
    specOf({ name: 'old', groups: ['back'], wanted: 'down' }),
    specOf({ name: 'web', groups: ['front', 'all'] }),
  ].map((spec) => [spec.name, spec]),
);

const judged = (message: Message, state?: ProgramState) => judge('m1', message, { specs, stateOf: () => state });
const restart = (name: string) => ({ name, command: { type: 'program.restart', by: 'm1' } });

describe('judge', () => {
  test('RESTART: orders it in the name of the message', () => {
    expect(judged({ type: 'RESTART', name: 'web' })).toEqual({
      orders: [restart('web')],
      outcome: { kind: 'obeyed', names: ['web'] },
    });
  });

  test('START: orders it in the name of the message', () => {
    expect(judged({ type: 'START', name: 'web' })).toEqual({
      orders: [{ name: 'web', command: { type: 'program.start', by: 'm1' } }],
      outcome: { kind: 'obeyed', names: ['web'] },
    });
  });

  test.each(['RESTART', 'START'] as const)('%s of what is wanted down is declined and orders nothing', (type) => {
    expect(judged({ type, name: 'old' })).toMatchObject({
      orders: [],
      outcome: { kind: 'declined', error: { code: 'EDOWN', message: 'old is wanted down' } },
    });
  });

  test.each<Message>([
    { type: 'RESTART', name: '__proto__' },
    { type: 'START', name: 'constructor' },
    { type: 'SIGNAL', name: 'no "such"', signal: 'SIGHUP' },
  ])('$type of an unknown program is rejected, and its name is quoted', (message) => {
    const name = 'name' in message ? message.name : '';
    expect(judged(message, 'running')).toEqual({
      orders: [],
      outcome: {
        kind: 'rejected',
        error: { code: 'EUNKNOWN', message: `there is no program ${JSON.stringify(name)}` },
      },
    });
  });

  test('RESTART-ALL: everything that is wanted up, in the order of the files', () => {
    expect(judged({ type: 'RESTART-ALL' })).toEqual({
      orders: ['api', 'db', 'web'].map(restart),
      outcome: { kind: 'obeyed', names: ['api', 'db', 'web'] },
    });
  });

  test('RESTART-GROUP: what is in the group and wanted up', () => {
    expect(judged({ type: 'RESTART-GROUP', group: 'back' }).orders).toEqual(['api', 'db'].map(restart));
    expect(judged({ type: 'RESTART-GROUP', group: 'all' }).orders).toEqual(['api', 'web'].map(restart));
  });

  test('RESTART-GROUP of a group that nobody is in is obeyed for nobody', () => {
    expect(judged({ type: 'RESTART-GROUP', group: 'none' })).toEqual({
      orders: [],
      outcome: { kind: 'obeyed', names: [] },
    });
  });

  test.each(['starting', 'running', 'killing'] as const)('SIGNAL: is passed to a program that is %s', (state) => {
    expect(judged({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }, state)).toEqual({
      orders: [{ name: 'web', command: { type: 'program.signal', signal: 'SIGHUP' } }],
      outcome: { kind: 'obeyed', names: ['web'] },
    });
  });

  test.each(['stopped', 'backing-off', undefined] as const)('SIGNAL: is declined for one that is %s', (state) => {
    expect(judged({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }, state)).toMatchObject({
      orders: [],
      outcome: { kind: 'declined', error: { code: 'ENOTRUNNING' } },
    });
  });

  test('SIGNAL: what is wanted down and still being ended can be signalled', () => {
    expect(judged({ type: 'SIGNAL', name: 'old', signal: 'SIGQUIT' }, 'killing').outcome.kind).toBe('obeyed');
  });
});

describe('startDue: by which start it is done', () => {
  const due = (type: 'program.restart' | 'program.start', state: ProgramState) =>
    startDue({ name: 'web', command: { type } }, { state, starts: 3 });

  test.each(['stopped', 'starting', 'running', 'backing-off', 'killing'] as const)(
    'a restart while %s: the next',
    (state) => {
      expect(due('program.restart', state)).toBe(4);
    },
  );

  test.each([
    ['stopped', 4],
    ['starting', 3],
    ['running', 3],
    ['backing-off', 4],
    ['killing', 4],
  ] as const)('a start while %s: number %d', (state, starts) => {
    expect(due('program.start', state)).toBe(starts);
  });

  test('a signal starts nothing', () => {
    const order = { name: 'web', command: { type: 'program.signal', signal: 'SIGHUP' } } as const;
    expect(startDue(order, { state: 'killing', starts: 3 })).toBe(3);
  });
});
