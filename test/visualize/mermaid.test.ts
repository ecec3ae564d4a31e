import { createMachine, type MachineConfig } from 'xstate';
import { describe, expect, test } from 'vitest';
import { toMermaid } from '../../visualize/mermaid.js';

type States = NonNullable<MachineConfig<object, { type: string }>['states']>;

const linesOf = (states: States, initial = 'idle') =>
  toMermaid(createMachine({ id: 'lamp', initial, states }))
    .split('\n')
    .map((line) => line.trim());

/** The lines of a lamp that is idle or lit, with these ways from idle. */
const wayOut = (idle: States[string]) => linesOf({ idle, lit: {} }).filter((line) => /^(idle|lit) (-->|:)/.test(line));

describe('a state', () => {
  test('is a box with its name and what it means', () => {
    expect(linesOf({ idle: { description: 'It is dark.' } })).toEqual([
      'stateDiagram-v2',
      'state "idle" as idle',
      'idle : It is dark.',
      '[*] --> idle',
      '',
    ]);
  });

  test('is marked when it is the first or a final one', () => {
    const lines = linesOf({ lit: {}, idle: {}, broken: { type: 'final' } });
    expect(lines.filter((line) => line.includes('[*]'))).toEqual(['[*] --> idle', 'broken --> [*]']);
  });

  test('keeps the hyphens of its name out of its id, where they would begin an arrow', () => {
    const lines = linesOf({ 'cooling-off': { on: { cold: 'idle' } }, idle: { on: { hot: 'cooling-off' } } });
    expect(lines).toContain('state "cooling-off" as cooling_off');
    expect(lines).toContain('cooling_off --> idle : cold');
    expect(lines).toContain('idle --> cooling_off : hot');
  });

  test('has entry and exit actions, and what it takes without being left, in its box', () => {
    const idle = { description: 'Dark.', entry: ['dim'], exit: 'glow', on: { touch: { actions: 'hum' } } };
    expect(wayOut(idle)).toEqual(['idle : Dark.<br/><br/>entry / dim<br/>exit / glow<br/>touch / hum']);
  });

  test('shows in its box what enters it anew', () => {
    const idle: States[string] = { description: 'Dark.', on: { touch: { target: 'idle', reenter: true } } };
    expect(wayOut(idle)).toEqual(['idle : Dark.<br/><br/>touch / reenter']);
  });

  test('hangs the long lines of its box by a space', () => {
    const idle = { on: { 'a.rather.long.event': { actions: ['doSomething', 'doSomethingElse', 'andMore'] } } };
    expect(wayOut(idle)[0]).toContain('a.rather.long.event / doSomething,<br/>#emsp;doSomethingElse, andMore');
  });

  test('says nothing that Mermaid would read as its own', () => {
    const [text] = wayOut({ description: 'On: "a"; <b>5 > 4</b> & #1' });
    expect(text).toBe('idle : On#58; #34;a#34;#59; #60;b#62;5 #62; 4#60;/b#62; #38; #35;1');
  });
});

describe('an arrow', () => {
  const arrow = (idle: States[string]) => wayOut(idle).find((line) => line.startsWith('idle -->'));

  test('bears its event', () => {
    expect(arrow({ on: { 'lamp.touch': 'lit' } })).toBe('idle --> lit : lamp.touch');
  });

  test('bears its guard, and `else` where another guard came first', () => {
    const touch = [{ guard: 'isDay' }, { guard: { type: 'isDark' }, target: 'lit' }, { target: 'lit' }];
    expect(arrow({ on: { touch } })).toBe('idle --> lit : touch [isDark]<br/>touch [else]');
  });

  test('bears the name or the milliseconds of its delay', () => {
    expect(arrow({ after: { dusk: 'lit', 500: 'lit' } })).toMatch(/after 500 ms, after dusk$/);
  });

  test('says that nothing is waited for', () => {
    expect(arrow({ always: { guard: 'isDark', target: 'lit' } })).toBe('idle --> lit : always [isDark]');
  });

  test('tells the end of an actor in plain words', () => {
    expect(arrow({ on: { 'xstate.error.actor.bulb': 'lit' } })).toBe('idle --> lit : bulb actor broke');
    expect(arrow({ on: { 'xstate.done.actor.bulb': 'lit' } })).toBe('idle --> lit : bulb actor ended');
    expect(arrow({ on: { 'xstate.error.actor.*': 'lit' } })).toBe('idle --> lit : an actor broke');
  });

  test('names its actions, but not those that only note, repeat or tell', () => {
    const actions = ['rememberHand', 'warmUp', { type: 'report', params: { to: 'all' } }, 'tellAll', 'glow'];
    expect(arrow({ on: { touch: { target: 'lit', actions } } })).toBe('idle --> lit : touch / warmUp, glow');
  });

  test('is one for all ways between two states, and one label for all events with the same manner', () => {
    const dark = { guard: 'isDark', target: 'lit' };
    expect(arrow({ on: { a: dark, b: 'lit', c: dark } })).toBe('idle --> lit : a, c [isDark]<br/>b');
  });

  test('breaks its labels between words before Mermaid breaks them anywhere', () => {
    const touch = { guard: 'isRatherDark', target: 'lit', actions: ['warmUp', 'glow'] };
    expect(arrow({ on: { touch } })).toBe('idle --> lit : touch [isRatherDark]<br/>/ warmUp, glow');
  });
});

describe('what would be left out', () => {
  test('of nested states is refused', () => {
    expect(() => linesOf({ idle: { initial: 'a', states: { a: {} } } })).toThrow('the chart of lamp is not flat');
  });

  test('of transitions of the root is refused', () => {
    const machine = createMachine({ id: 'lamp', initial: 'idle', states: { idle: {} }, on: { touch: '.idle' } });
    expect(() => toMermaid(machine)).toThrow('the chart of lamp is not flat');
  });

  test('of a guard without a name is refused', () => {
    const touch = { guard: () => true, target: 'lit' };
    expect(() => wayOut({ on: { touch } })).toThrow('a guard of lamp.idle has no name');
  });
});
