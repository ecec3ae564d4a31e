import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { programStates, type ProgramFact, type ProgramSpec, type Timings } from '../../../machines/index.js';
import { anyScript, anyWait, tries } from '../../fixtures/chances.js';
import type { Call, Script } from '../../../src/testing/fake-process.js';
import { LoneProgram, specOf } from '../../fixtures/lone-program.js';

type Step =
  | { readonly do: 'start' | 'stop' | 'restart' | 'kill' | 'signal' | 'release' }
  | {
      readonly do: 'configure';
      readonly wanted: 'up' | 'down';
      readonly killtime: number | undefined;
      readonly tree: boolean;
    }
  | { readonly do: 'script'; readonly script: Script }
  | { readonly do: 'wait'; readonly ms: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('start', 'stop', 'restart', 'kill', 'signal', 'release') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('configure'),
      wanted: fc.constantFrom('up', 'up', 'down'),
      killtime: fc.constantFrom(undefined, undefined, 0, 300, 8_000),
      tree: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('script'), script: anyScript }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait'), ms: anyWait }) },
);

const anyTimings: fc.Arbitrary<Timings> = fc
  .record({
    threshold: fc.constantFrom(0, 1, 1_000),
    killtime: fc.constantFrom(0, 5_000),
    minRestartDelay: fc.constantFrom(100, 400),
    factor: fc.constantFrom(1, 3, 4, 10),
  })
  .map(({ threshold, killtime, minRestartDelay, factor }) => {
    const maxRestartDelay = minRestartDelay * factor;
    return { threshold, killtime, minRestartDelay, maxRestartDelay };
  });

/** Plays a program and keeps, beside it, the little that its promises are made of. */
class Witness {
  readonly program: LoneProgram;
  readonly visited = new Set<string>();
  #spec: ProgramSpec = specOf({ wanted: 'down' });
  #wanted: 'up' | 'down' = 'down';
  #delay: number;
  #backOff = { at: 0, delay: 0 };
  #killing = { at: 0, killtime: Infinity };
  #mayKill = false;
  // A listener that throws is not heard: what is wrong is collected.
  readonly #faults: string[] = [];

  constructor(readonly timings: Timings) {
    this.program = new LoneProgram({ timings, spec: this.#spec });
    this.#delay = timings.minRestartDelay;
    this.program.actor.on('*', (fact) => this.#hear(fact));
    this.program.system.onCall = (call) => this.#watch(call);
  }

  take(step: Step): void {
    this.#play(step);
    this.#look();
    expect(this.#faults).toEqual([]);
  }

  /** All faults off: time runs, and what is stuck is let go. */
  calm(): void {
    const { program } = this;
    program.system.usual = {};
    for (let turn = 0; turn < 8; turn++) {
      this.take({ do: 'wait', ms: 10_000 });
      if (program.state === 'killing') this.take({ do: 'release' });
    }
    expect(program.state, 'what is wanted is what is').toBe(this.#wanted === 'up' ? 'running' : 'stopped');
  }

  #play(step: Step): void {
    const { program, timings } = this;
    switch (step.do) {
      case 'configure': {
        const stop = { signal: 'SIGTERM', killtime: step.killtime, tree: step.tree };
        this.#spec = specOf({ wanted: step.wanted, stop, revision: `r${program.facts.length}` });
        this.#wanted = step.wanted;
        this.#delay = timings.minRestartDelay;
        program.send({ type: 'program.configure', spec: this.#spec });
        break;
      }
      case 'script':
        program.system.usual = step.script;
        break;
      case 'wait':
        program.wait(step.ms);
        break;
      case 'release':
        for (const process of program.system.alive('web')) process.release();
        break;
      case 'signal':
        program.send({ type: 'program.signal', signal: 'SIGHUP' });
        break;
      case 'kill':
        this.#mayKill = program.state === 'killing';
        program.send({ type: 'program.kill' });
        break;
      case 'restart':
        program.restart();
        break;
      default:
        this.#wanted = step.do === 'start' ? 'up' : 'down';
        program[step.do]();
    }
  }

  #demand(isSo: boolean, promise: string): void {
    if (!isSo) this.#faults.push(`at ${this.program.clock.now()} ms, ${this.program.state}: ${promise}`);
  }

  #hear(fact: ProgramFact): void {
    const { timings } = this;
    const at = this.program.clock.now();
    if (fact.type === 'program.running') this.#delay = timings.minRestartDelay;
    if (fact.type === 'program.backing-off') {
      this.#demand(fact.delay === this.#delay, `it waits ${fact.delay} ms and not ${this.#delay}`);
      this.#demand(fact.delay >= timings.minRestartDelay, 'no wait is shorter than the minimum');
      this.#demand(fact.delay <= timings.maxRestartDelay, 'no wait is longer than the maximum');
      this.#backOff = { at, delay: fact.delay };
    }
    if (fact.type === 'program.starting' && fact.because.startsWith('xstate.after.')) {
      this.#demand(at - this.#backOff.at === this.#backOff.delay, 'a wait lasts as long as was told');
      this.#delay = Math.min(this.#delay * 2, timings.maxRestartDelay);
    }
    if (fact.type === 'program.killing') {
      this.#demand(fact.killtime === (this.#spec.stop.killtime ?? timings.killtime), 'the newest killtime is told');
      this.#killing = { at, killtime: fact.killtime };
      this.#mayKill = false;
    }
  }

  #watch({ at, what, revision }: Call): void {
    if (what === 'asked') {
      this.#demand(this.#wanted === 'up', 'after a stop nothing is started');
      this.#demand(revision === this.#spec.revision, 'the newest spec wins');
    }
    if (what === 'SIGKILL' && !this.#mayKill) {
      this.#demand(at - this.#killing.at >= this.#killing.killtime, 'nothing is killed before the killtime');
    }
    if (what === 'spawned') {
      this.#demand(this.program.system.alive('web').length === 1, 'there are never two processes');
    }
  }

  #look(): void {
    const { system, state, context } = this.program;
    this.visited.add(state);
    const alive = system.alive('web');
    const pending = system.pending.get('web') ?? 0;
    const isUp = state === 'starting' || state === 'running' || state === 'killing';
    this.#demand(alive.length + pending === (isUp ? 1 : 0), `${alive.length} alive, ${pending} about to be`);
    if (state === 'running') this.#demand(alive[0]?.isMainAlive === true, 'what runs is alive');
    if (state === 'starting') this.#demand((context.pid === null) === (pending === 1), 'a process has a pid');
    if (state === 'starting' || state === 'running') {
      this.#demand((context.pid ?? undefined) === alive[0]?.pid, 'the pid is the one of the process');
    }
  }
}

test('a program keeps its promises, whatever its process, its file and its operator do', { timeout: 30_000 }, () => {
  const visited = new Set<string>();
  fc.assert(
    fc.property(anyTimings, fc.array(anyStep, { minLength: 5, maxLength: 40 }), (timings, steps) => {
      const witness = new Witness(timings);
      for (const step of steps) witness.take(step);
      witness.calm();
      for (const state of witness.visited) visited.add(state);
    }),
    tries(500),
  );
  expect([...visited].sort(), 'the property looks at all there is').toEqual([...programStates].sort());
});
