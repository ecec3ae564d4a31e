import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';

/** The predecessor was killed: its `web`, which takes 300 ms to obey, is still there. */
const successor = () =>
  new Colony({ leftovers: ['web'], before: (system) => void system.leave('web', { termDelay: 300 }) });

describe('leftovers of an earlier monitor', () => {
  test('are being ended from the first moment on, before any file was read', () => {
    const colony = successor();
    expect(colony.system.story('SIGTERM')).toEqual(['0 SIGTERM']);
    expect(colony.factsOf('program.killing')).toMatchObject([{ name: 'web', because: 'program.reap' }]);
    expect(colony.context.leftovers.size).toBe(0);
  });

  test('without a file are ended, and nothing of them is kept', () => {
    const colony = successor().sync({}).wait(300);
    expect(colony.system.alive('web')).toEqual([]);
    expect(colony.context.programs.size).toBe(0);
    expect(colony.wards).toEqual([[]]);
  });

  test('with a file are ended, then started: there are never two', () => {
    const colony = successor().add('web').wait(299);
    expect(colony.system.story('asked')).toEqual([]);
    colony.wait(1);
    expect(colony.system.story('asked')).toEqual(['300 asked']);
    expect(colony.system.mostAlive).toBe(1);
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
  });

  test('whose file comes when they are gone start as if they had never been', () => {
    const colony = successor().wait(300).add('web').wait(1_000);
    expect(colony.stateOf('web')).toBe('running');
    expect(colony.system.story('asked')).toEqual(['300 asked']);
  });

  test('with a file that wants them down are ended and kept down', () => {
    const colony = successor().change('web', { wanted: 'down' }).wait(300);
    expect(colony.stateOf('web')).toBe('stopped');
    expect(colony.wait(100_000).system.story('asked')).toEqual([]);
  });

  test('with a bad file are ended: nothing is known that could run instead', () => {
    const colony = successor().sync({ rejected: [{ name: 'web', error: { code: 'EJSON', message: 'not JSON' } }] });
    expect(colony.factsOf('config.rejected')).toMatchObject([{ running: false }]);
    colony.wait(300);
    expect(colony.system.alive('web')).toEqual([]);
    expect(colony.context.programs.size).toBe(0);
  });

  test('are waited for by a shutdown', () => {
    const colony = successor().signal('SIGTERM').wait(299);
    expect(colony.state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
  });
});
