import { createActor, raise, setup, SimulatedClock, spawnChild, stopChild } from 'xstate';
import { expect, test, vi } from 'vitest';
import { keepTimersByActor } from '../../src/timers-by-actor.js';

const sleeper = setup({ delays: { nap: 1_000 } }).createMachine({
  initial: 'asleep',
  states: {
    asleep: { after: { nap: 'awake' }, on: { wake: 'awake' } },
    awake: { on: { dream: { actions: raise({ type: 'wake' }, { delay: 500 }) } } },
  },
});

const nursery = setup({
  types: { events: {} as { readonly type: 'leave'; readonly id: string } },
  actors: { sleeper },
}).createMachine({
  entry: [spawnChild('sleeper', { id: 'a' }), spawnChild('sleeper', { id: 'b' })],
  on: { leave: { actions: stopChild(({ event }) => event.id) } },
});

function open() {
  const clock = new SimulatedClock();
  const actor = createActor(nursery, { clock });
  const search = vi.spyOn(actor.system.scheduler, 'cancelAll');
  keepTimersByActor(actor);
  actor.start();
  const childOf = (id: string) => actor.getSnapshot().children[id] as ReturnType<typeof createActor<typeof sleeper>>;
  const pending = () => Object.keys(actor.system.getSnapshot()._scheduledEvents).length;
  return { clock, actor, search, childOf, pending };
}

test('who ends takes its own timers along, and no other', () => {
  const { clock, actor, childOf, pending } = open();
  const b = childOf('b');
  expect(pending()).toBe(2);
  actor.send({ type: 'leave', id: 'a' });
  expect(pending()).toBe(1);
  clock.increment(1_000);
  expect(b.getSnapshot().value).toBe('awake');
});

test('a timer that has no name ends with its actor too', () => {
  const { actor, childOf, pending } = open();
  childOf('a').send({ type: 'wake' });
  childOf('a').send({ type: 'dream' });
  expect(pending()).toBe(2);
  actor.send({ type: 'leave', id: 'a' });
  expect(pending()).toBe(1);
});

test.each([
  ['were cancelled', ({ childOf }: ReturnType<typeof open>) => childOf('a').send({ type: 'wake' })],
  ['have fired', ({ clock }: ReturnType<typeof open>) => clock.increment(1_000)],
])('the timers of the others are not searched for one whose own %s', (_, wake) => {
  const opened = open();
  wake(opened);
  expect(opened.childOf('a').getSnapshot().value).toBe('awake');
  opened.actor.send({ type: 'leave', id: 'a' });
  expect(opened.search).not.toHaveBeenCalled();
});
