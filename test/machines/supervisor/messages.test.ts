import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

const restart = (name: string) => ({ type: 'RESTART', name }) as const;
const answered = (colony: Colony) => colony.answers.map(({ id, outcome }) => `${id} ${outcome.kind}`);

describe('messages', () => {
  test('a message waits for a scan that began after it was seen', () => {
    const colony = new Colony().add('web').wait(1_000).receive(restart('web'));
    expect(colony.scans).toEqual([{ type: 'config.scan', ticket: 1, names: ['web'] }]);
    colony.sync({ ticket: 0 });
    expect(colony.answers).toEqual([]);
    expect(colony.stateOf('web')).toBe('running');
    colony.sync({ ticket: 1 });
    expect(answered(colony)).toEqual(['m1 obeyed']);
    expect(colony.stateOf('web')).toBe('starting');
  });

  test('add x; restart x: always works, however late the file is found', () => {
    const colony = new Colony().receive(restart('web')).sync({ ticket: 0 });
    expect(colony.answers).toEqual([]);
    colony.sync({ ticket: 1, added: [specOf()] });
    expect(answered(colony)).toEqual(['m1 obeyed']);
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });

  test('restart x; remove x: is judged by what the files say now', () => {
    const colony = new Colony().add('web').wait(1_000).receive(restart('web')).remove('web');
    expect(answered(colony)).toEqual(['m1 rejected']);
  });

  test('messages are answered exactly once, in the order in which they were seen', () => {
    const colony = new Colony().add('api', 'web').wait(1_000);
    colony.receive(restart('web'), restart('nobody')).receive(restart('api'));
    expect(colony.scans.map(({ ticket }) => ticket)).toEqual([1, 2]);
    colony.sync({ ticket: 1 });
    expect(answered(colony)).toEqual(['m1 obeyed', 'm2 rejected']);
    colony.sync({ ticket: 1 }).sync({ ticket: 2 }).sync({ ticket: 2 });
    expect(answered(colony)).toEqual(['m1 obeyed', 'm2 rejected', 'm3 obeyed']);
    expect(colony.factsOf('message.judged').map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
    expect(colony.context.inbox).toEqual([]);
  });

  test('tell by which start of each program they are done', () => {
    const colony = new Colony().add('api', 'web').wait(1_000).receive(restart('web')).sync({}).wait(1_000);
    colony.receive({ type: 'RESTART-ALL' }, { type: 'START', name: 'web' }).sync({});
    expect(colony.factsOf('message.judged').map(({ starts }) => starts)).toEqual([[2], [2, 3], [2]]);
    colony.wait(1_000);
    expect(['api', 'web'].map((name) => colony.program(name)?.getSnapshot().context.starts)).toEqual([2, 3]);
  });

  test('a scan that began later answers for the earlier tickets too', () => {
    const colony = new Colony().receive(restart('a')).receive(restart('b')).sync({ ticket: 2 });
    expect(answered(colony)).toEqual(['m1 rejected', 'm2 rejected']);
  });

  test('only the files that the messages name are looked at, each once; all of them where no name is', () => {
    const colony = new Colony().receive(restart('a'), restart('b'), { type: 'START', name: 'a' });
    colony.receive(restart('a'), { type: 'RESTART-ALL' }).receive({ type: 'RESTART-GROUP', group: 'g' });
    expect(colony.scans.map(({ names }) => names)).toEqual([['a', 'b'], 'all', 'all']);
  });

  test('RESTART-ALL: everything wanted up is restarted, and the answer names it', () => {
    const colony = new Colony().add('api', 'web').change('old', { wanted: 'down' }).wait(1_000);
    colony.receive({ type: 'RESTART-ALL' }).sync({});
    expect(colony.answers).toEqual([
      { type: 'message.answer', id: 'm1', outcome: { kind: 'obeyed', names: ['api', 'web'] } },
    ]);
    expect(['api', 'web', 'old'].map((name) => colony.stateOf(name))).toEqual(['starting', 'starting', 'stopped']);
  });

  test('RESTART-GROUP: what is in the group is restarted', () => {
    const colony = new Colony()
      .sync({ added: [specOf({ name: 'a', groups: ['g'] }), specOf({ name: 'b' })] })
      .wait(1_000);
    colony.receive({ type: 'RESTART-GROUP', group: 'g' }).sync({});
    expect([colony.stateOf('a'), colony.stateOf('b')]).toEqual(['starting', 'running']);
  });

  test('START: ends a back-off', () => {
    const colony = new Colony();
    colony.system.next.push({ life: 10 });
    colony.add('web').wait(20).receive({ type: 'START', name: 'web' }).sync({});
    expect(colony.stateOf('web')).toBe('starting');
    expect(colony.facts.findLast(({ type }) => type === 'program.starting')).toMatchObject({
      because: 'program.start',
      by: 'm1',
    });
  });

  test('SIGNAL: reaches the process', () => {
    const colony = new Colony().add('web').receive({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }).sync({});
    expect(colony.system.story('SIGHUP')).toEqual(['0 SIGHUP']);
    expect(answered(colony)).toEqual(['m1 obeyed']);
  });

  test('what cannot be done is declined with its reason, and what nobody can do is rejected', () => {
    const colony = new Colony().change('old', { wanted: 'down' });
    colony.receive(restart('old'), { type: 'SIGNAL', name: 'old', signal: 'SIGHUP' }, restart('nobody')).sync({});
    expect(colony.answers.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'declined', error: { code: 'EDOWN' } },
      { kind: 'declined', error: { code: 'ENOTRUNNING' } },
      { kind: 'rejected', error: { code: 'EUNKNOWN' } },
    ]);
    expect(colony.system.calls).toEqual([]);
  });

  test('a garbled message is rejected at once: no file could make sense of it', () => {
    const colony = new Colony();
    const error = { code: 'EJSON', message: 'm9: not JSON' };
    colony.root.send({ type: 'message.garbled', id: 'm9', of: { type: 'RESTRAT' }, error });
    const outcome = { kind: 'rejected', error };
    expect(colony.answers).toEqual([{ type: 'message.answer', id: 'm9', outcome }]);
    expect(colony.factsOf('message.judged')).toEqual([
      { type: 'message.judged', id: 'm9', message: { type: 'RESTRAT' }, outcome },
    ]);
    expect(colony.scans).toEqual([]);
  });

  test('a change and a restart found by the same scan: the new spec runs, once', () => {
    const colony = new Colony();
    colony.system.next.push({ termDelay: 50 });
    colony.add('web').wait(1_000).receive(restart('web')).change('web', { revision: 'r2' }).wait(50);
    expect(colony.system.revisions()).toEqual([
      [0, 'r1'],
      [1_050, 'r2'],
    ]);
  });

  test('SIGHUP: everything is scanned again, and that is told', () => {
    const colony = new Colony().receive(restart('a')).signal('SIGHUP');
    expect(colony.scans.at(-1)).toEqual({ type: 'config.scan', ticket: 1, names: 'all' });
    expect(colony.factsOf('supervisor.rescanned')).toEqual([
      { type: 'supervisor.rescanned', because: 'signal.received' },
    ]);
    expect(colony.state).toBe('supervising');
  });
});
