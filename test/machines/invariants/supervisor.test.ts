import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { shutdownGrace } from '../../../machines/timings.js';
import { wardCapacity } from '../../../machines/ward.js';
import type { Message } from '../../../machines/index.js';
import { anyScript, anyWait, tries } from '../../fixtures/chances.js';
import { Colony } from '../../fixtures/colony.js';
import { FakeDirectory } from '../../fixtures/fake-directory.js';
import type { Call, Script } from '../../../src/testing/fake-process.js';
import { specOf } from '../../fixtures/lone-program.js';

const names = ['a', 'b', 'c'];
/** More than two wards take, with the three of above. */
const crowd = Array.from({ length: 2 * wardCapacity }, (_, index) => `p${index}`);
const everyone = [...names, ...crowd];
const killtime = 2_000;

type Step =
  | {
      readonly do: 'write';
      readonly name: string;
      readonly wanted: 'up' | 'down';
      readonly killtime: number | undefined;
    }
  | { readonly do: 'remove'; readonly name: string }
  /** So many of the crowd have a file, all by one scan. */
  | { readonly do: 'crowd'; readonly size: number }
  | { readonly do: 'message'; readonly message: Message }
  | { readonly do: 'script'; readonly script: Script }
  | { readonly do: 'breakLeftovers' | 'rescan' | 'release' }
  | { readonly do: 'wait'; readonly ms: number };

const anyName = fc.constantFrom(...names);

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constantFrom('RESTART', 'START'), name: fc.constantFrom(...names, 'nobody') }),
  fc.record({ type: fc.constant('SIGNAL'), name: anyName, signal: fc.constant('SIGHUP') }),
  fc.constant({ type: 'RESTART-ALL' } as const),
  fc.record({ type: fc.constant('RESTART-GROUP'), group: fc.constantFrom('even', 'odd') }),
);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write'),
      name: anyName,
      wanted: fc.constantFrom('up', 'up', 'up', 'down'),
      killtime: fc.constantFrom(undefined, undefined, 300, 4_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove'), name: anyName }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('message'), message: anyMessage }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('script'), script: anyScript }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('breakLeftovers', 'rescan', 'release') }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.oneof(anyWait, fc.constantFrom(1, 2, 3, 4)) }) },
);

const anyCrowdStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: anyStep },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crowd'),
      size: fc.oneof(fc.constantFrom(0, wardCapacity - 1, crowd.length), fc.integer({ min: 0, max: crowd.length })),
    }),
  },
);

/** Plays a colony and keeps, beside it, the little that its promises are made of. */
class Witness {
  readonly directory = new FakeDirectory();
  readonly colony: Colony;
  /** When each message came, in changes of the directory; and what has become of it. */
  readonly #came: number[] = [];
  readonly #messages: Message[] = [];
  // A listener that throws is not heard: what is wrong is collected.
  readonly #faults: string[] = [];
  #answers = 0;
  /** The most programs that there ever were at once. */
  most = 0;
  #writes = 0;

  constructor(leftovers: readonly string[]) {
    this.colony = new Colony({
      directory: this.directory,
      timings: { killtime },
      leftovers,
      before: (system) => {
        for (const name of leftovers) system.leave(name, { termDelay: Infinity });
      },
    });
    this.colony.system.onCall = (call) => this.#watch(call);
    this.colony.root.on('message.judged', ({ id }) => this.#hear(id));
  }

  take(step: Step): void {
    this.#play(step);
    this.#look();
    expect(this.#faults).toEqual([]);
  }

  /** All faults off: time runs, and what is stuck is let go. Then what the files say is what is. */
  calm(): void {
    const { colony, directory } = this;
    colony.system.usual = {};
    colony.system.brokenLeftovers = 0;
    for (let turn = 0; turn < 8; turn++) {
      this.take({ do: 'wait', ms: 10_000 });
      for (const name of everyone) {
        if (colony.stateOf(name) === 'killing') for (const process of colony.system.alive(name)) process.release();
      }
    }
    const states = Object.fromEntries(everyone.map((name) => [name, colony.stateOf(name)]));
    const wanted = everyone.map((name) => {
      const spec = directory.files.get(name);
      return [name, spec && (spec.wanted === 'up' ? 'running' : 'stopped')];
    });
    expect(states).toEqual(Object.fromEntries(wanted));
    expect(this.#answers, 'each message is answered').toBe(this.#messages.length);
    expect(colony.wards.flat().sort(), 'what has no file has no actor').toEqual([...directory.files.keys()].sort());
  }

  /** A shutdown is over in time, and whatever is left after it is named. */
  shutDown(): void {
    const { colony } = this;
    const { system } = colony;
    const started = colony.clock.now();
    const { specs, programs } = colony.context;
    const killtimes = [...specs.values(), ...[...programs.values()].map((it) => it.getSnapshot().context.spec)].map(
      ({ stop }) => stop.killtime ?? 0,
    );
    colony.signal('SIGTERM');
    const asked = system.story('asked').length;
    let ended = started;
    for (const deadline = started + Math.max(killtime, ...killtimes) + shutdownGrace; ; ended++) {
      expect(colony.context.unstopped, 'all are counted, each once').toBe(this.#unanswered());
      if (colony.state === 'stopped' || ended === deadline) break;
      colony.wait(1);
    }
    expect(colony.root.getSnapshot().status).toBe('done');
    expect(system.story('asked')).toHaveLength(asked);
    const alive = everyone.filter((name) => system.alive(name).length > 0);
    expect(colony.left).toEqual(expect.arrayContaining(alive));
    const { broken } = colony.context;
    const isStubborn = (name: string) => system.alive(name).some(({ script }) => script.killDelay === Infinity);
    for (const name of colony.left ?? []) expect(isStubborn(name) || broken.has(name), `${name} is left`).toBe(true);
    expect(this.#faults).toEqual([]);
  }

  #play(step: Step): void {
    const { colony, directory } = this;
    switch (step.do) {
      case 'write': {
        const { name, wanted } = step;
        const stop = { signal: 'SIGTERM', killtime: step.killtime, tree: true };
        const groups = [name === 'b' ? 'even' : 'odd'];
        directory.write(specOf({ name, wanted, groups, stop, revision: `r${++this.#writes}` }));
        break;
      }
      case 'remove':
        directory.remove(step.name);
        break;
      case 'crowd':
        for (const [index, name] of crowd.entries()) {
          if (index < step.size && !directory.files.has(name)) directory.write(specOf({ name }));
          if (index >= step.size) directory.remove(name);
        }
        break;
      case 'message':
        this.#came.push(directory.count());
        this.#messages.push(step.message);
        colony.receive(step.message);
        break;
      case 'script':
        colony.system.usual = step.script;
        break;
      case 'breakLeftovers':
        colony.system.brokenLeftovers = 1;
        break;
      case 'rescan':
        colony.signal('SIGHUP');
        break;
      case 'release':
        for (const name of everyone) for (const process of colony.system.alive(name)) process.release();
        break;
      case 'wait':
        colony.wait(step.ms);
    }
  }

  /** Programs that have not said that they are stopped because of the shutdown. */
  #unanswered(): number {
    const { programs, broken, admitting } = this.colony.context;
    const silent = [...programs.values()].filter((program) => {
      const { value, context } = program.getSnapshot();
      return value !== 'stopped' || context.stopCause !== 'shutdown';
    });
    return silent.length + broken.size + admitting.size;
  }

  #demand(isSo: boolean, promise: string): void {
    if (!isSo) this.#faults.push(`at ${this.colony.clock.now()} ms: ${promise}`);
  }

  #hear(id: string): void {
    this.#demand(id === `m${++this.#answers}`, `${id} is answered once, and in its turn`);
    const came = this.#came[this.#answers - 1] ?? Infinity;
    this.#demand(this.directory.lookedAt >= came, `${id} is judged by a scan begun after it`);
  }

  #watch({ name, what, revision }: Call): void {
    const { system, context } = this.colony;
    if (what === 'spawned') this.#demand(system.alive(name).length === 1, `there are never two of ${name}`);
    if (what === 'asked') {
      const spec = context.specs.get(name);
      this.#demand(spec?.wanted === 'up', `${name} is started because its file wants it`);
      this.#demand(revision === spec?.revision, `the newest spec of ${name} wins`);
    }
  }

  #look(): void {
    const { system, context } = this.colony;
    const { wards, admittedTwice } = this.colony;
    this.most = Math.max(this.most, context.programs.size);
    this.#demand(admittedTwice.length === 0, `${admittedTwice.join()} was admitted twice`);
    this.#demand(
      isDeepStrictEqual(wards.flat().sort(), [...context.programs.keys()].sort()),
      'who is in a ward is known',
    );
    this.#demand(
      wards.every((ward) => ward.length <= wardCapacity),
      'no ward takes more than it can',
    );
    this.#demand(
      context.admitting.size + context.leftovers.size === 0,
      'who needs an actor has one when a turn is over',
    );
    for (const name of everyone) {
      const alive = system.alive(name).length;
      const pending = system.pending.get(name) ?? 0;
      const state = this.colony.stateOf(name);
      const isUp = state === 'starting' || state === 'running' || state === 'killing';
      const isRight = context.broken.has(name) ? alive + pending <= 1 : alive + pending === (isUp ? 1 : 0);
      this.#demand(isRight, `${name} is ${state}: ${alive} alive, ${pending} about to be`);
    }
  }
}

const anyRunOf = (step: fc.Arbitrary<Step>, minLength: number) =>
  [fc.subarray(names), fc.array(step, { minLength, maxLength: 40 })] as const;

/** `rare`: how often at least what is rare has to happen for the run to mean anything; the crowd is tried less often. */
const runs = [
  { who: 'three programs', run: anyRunOf(anyStep, 5), times: 200, most: names.length, rare: 1 },
  {
    who: 'more programs than a ward takes',
    run: anyRunOf(anyCrowdStep, 25),
    times: 40,
    most: everyone.length,
    rare: 0,
  },
];

test.each(runs)(
  '$who: a colony keeps its promises, whatever happens to it; when it is left alone, what the files say is what is',
  { timeout: 60_000 },
  ({ run, times, most, rare }) => {
    // What is sent to an actor that has broken in the same turn is lost; XState warns of that.
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    let defects = 0;
    let mostEver = 0;
    fc.assert(
      fc.property(...run, (leftovers, steps) => {
        const witness = new Witness(leftovers);
        for (const step of steps) witness.take(step);
        witness.calm();
        defects += witness.colony.factsOf('program.defect').length;
        mostEver = Math.max(mostEver, witness.most);
      }),
      tries(times),
    );
    expect(defects, 'defects are among what happens').toBeGreaterThanOrEqual(rare);
    expect(mostEver, 'all are there at once at least once').toBe(most);
  },
);

test.each(runs)(
  '$who: a shutdown at any moment is over in time, starts nothing, and names what it could not end',
  { timeout: 60_000 },
  ({ run, times, most, rare }) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    let left = 0;
    let mostEver = 0;
    fc.assert(
      fc.property(...run, (leftovers, steps) => {
        const witness = new Witness(leftovers);
        for (const step of steps) witness.take(step);
        witness.shutDown();
        left += witness.colony.left?.length ?? 0;
        mostEver = Math.max(mostEver, witness.most);
      }),
      tries(times),
    );
    expect(left, 'what cannot be ended is among what happens').toBeGreaterThanOrEqual(rare);
    expect(mostEver, 'all are there at once at least once').toBe(most);
  },
);
