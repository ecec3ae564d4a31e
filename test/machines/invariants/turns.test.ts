import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Message } from '../../../machines/index.js';
import { tries } from '../../fixtures/chances.js';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

/** `left` broke and left its process behind; `slow` runs and takes its time to end; `new` is not there yet. */
const names = ['left', 'slow', 'new'];

type Step =
  | { readonly do: 'write'; readonly name: string; readonly wanted: 'up' | 'down' }
  | { readonly do: 'remove'; readonly name: string }
  | { readonly do: 'message'; readonly message: Message }
  | { readonly do: 'scan' | 'revive' | 'SIGTERM' | 'SIGINT' };

const anyName = fc.constantFrom(...names);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write'), name: anyName, wanted: fc.constantFrom('up', 'up', 'down') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove'), name: anyName }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('message'),
      message: fc.record({ type: fc.constantFrom('RESTART', 'START'), name: anyName }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('scan', 'revive') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('SIGTERM', 'SIGINT') }) },
);

/** Plays the steps, in one turn of the supervisor or in as many as there are, and tells what came of them. */
function play(steps: readonly Step[], termDelay: number, isOneTurn: boolean) {
  const colony = new Colony();
  colony.system.next.push({ breaksOn: 'process.signal', termDelay }, { termDelay: 70 });
  colony.add('left', 'slow').wait(1_000);
  colony.system.brokenLeftovers = 1;
  colony.receive({ type: 'SIGNAL', name: 'left', signal: 'SIGHUP' }).sync({});
  expect([...colony.context.broken]).toEqual(['left']);

  const files = new Map(colony.context.specs);
  let ticket = 1;
  const send = (step: Step, index: number) => {
    switch (step.do) {
      case 'write': {
        const spec = specOf({ name: step.name, wanted: step.wanted, revision: `w${index}` });
        const isNew = !files.has(step.name);
        files.set(step.name, spec);
        colony.sync({ ticket, ...(isNew ? { added: [spec] } : { changed: [{ spec, keys: ['args'] }] }) });
        break;
      }
      case 'remove':
        if (files.delete(step.name)) colony.sync({ ticket, removed: [step.name] });
        break;
      case 'message':
        colony.receive(step.message);
        ticket++;
        break;
      case 'scan':
        colony.sync({ ticket });
        break;
      case 'revive':
        colony.root.send({ type: 'program.revive', name: 'left' });
        break;
      default:
        colony.signal(step.do);
    }
  };
  if (isOneTurn) colony.inOneTurn(() => steps.forEach(send));
  else steps.forEach(send);
  colony.sync({ ticket }).wait(20_000);

  const { system } = colony;
  expect(colony.admittedTwice).toEqual([]);
  expect(system.mostAlive, 'there are never two').toBe(1);
  expect([...colony.context.admitting, ...colony.context.leftovers, ...colony.context.broken]).toEqual([]);
  expect(colony.context.unstopped, 'all are counted, each once').toBe(0);
  expect(colony.state === 'stopped' || colony.answers.length === ticket, 'each message is answered').toBe(true);
  return {
    state: colony.state,
    left: colony.left,
    wards: colony.state === 'stopped' ? [] : colony.wards.flat().sort(),
    programs: names.map((name) => [
      name,
      colony.state === 'stopped' ? undefined : colony.stateOf(name),
      system.alive(name).length,
      system.alive(name).length > 0 && system.calls.findLast((it) => it.name === name && it.what === 'asked')?.revision,
    ]),
  };
}

test('what comes in one turn ends as the same does in many, a shutdown included', { timeout: 30_000 }, () => {
  // What is sent to a supervisor that is done, or to an actor that has broken in the same turn, is lost.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 2, maxLength: 10 }), fc.constantFrom(0, 50), (steps, termDelay) => {
      expect(play(steps, termDelay, true)).toEqual(play(steps, termDelay, false));
    }),
    tries(400),
  );
});
