import { createActor } from 'xstate';
import {
  defaultStop,
  programMachine,
  type Exit,
  type ProgramFact,
  type ProgramState,
  type Timings,
} from '../../machines/index.js';
import { Excerpt, type Gap } from './excerpt.js';
import { simulatedActors, type Behaviour } from './simulated-process.js';
import { SteppedClock } from './stepped-clock.js';

/** An order of the operator. `at` in ms. */
export interface Order {
  readonly at: number;
  readonly type: 'stop' | 'restart';
}

export interface SimulationOptions {
  readonly timings: Timings;
  readonly behaviour: Behaviour;
  readonly orders: readonly Order[];
  /** Ms of simulated time. */
  readonly duration: number;
}

/** Something that happened to the program. Times in ms from the start. */
export interface Step {
  readonly at: number;
  /** `killed`: SIGKILL was sent; `declined`: a restart of what is to be down; else the state that was entered. */
  readonly event: ProgramState | 'killed' | 'declined';
  /** How often it was started so far. */
  readonly starts: number;
  /** Who asked for it, if somebody did. */
  readonly by: Order['type'] | null;
  /** The end of a process that led to it. */
  readonly exit: (Exit & { readonly lived: number }) | null;
  /** How long it waits for what is next: a start, or SIGKILL. `null`: it does not. */
  readonly wait: number | null;
}

/** What came of it. */
export interface Outcome {
  readonly steps: readonly (Step | Gap)[];
  readonly starts: number;
  readonly deaths: number;
  readonly instantDeaths: number;
  /** At the end. */
  readonly state: ProgramState;
  /** When it would start again, ms from the start; `null`: it does not wait for that. */
  readonly nextStartAt: number | null;
}

/** Runs the machine of a program, the one that the monitor runs, with simulated processes and under simulated time. */
export function simulate(options: SimulationOptions): Outcome {
  const simulation = new Simulation(options);
  const orders = options.orders.toSorted((a, b) => a.at - b.at);
  for (const order of orders) simulation.pass(order.at, order.type);
  return simulation.finish(options.duration);
}

interface Tally {
  readonly starts: number;
  readonly deaths: number;
  readonly instantDeaths: number;
}

class Simulation {
  readonly #clock = new SteppedClock();
  readonly #actor;
  #excerpt = new Excerpt<Step>();
  readonly #steps: (Step | Gap)[] = [];
  #tally: Tally = { starts: 0, deaths: 0, instantDeaths: 0 };
  /** Of time that was counted and not lived through, ms. */
  #skipped = 0;
  #startedAt: number | null = null;
  #exit: Step['exit'] = null;
  #latest: Step['event'] = 'stopped';
  #nextStartAt: number | null = null;
  #by: Order['type'] | null = null;
  /** Where the machine was when it started the program, and what had come of it. */
  readonly #before = new Map<string, Tally & { readonly at: number; readonly steps: number }>();

  constructor({ timings, behaviour }: SimulationOptions) {
    const spec = { name: 'it', args: [], groups: [], wanted: 'up', stop: defaultStop, revision: '' } as const;
    const machine = programMachine.provide({ actors: simulatedActors(this.#clock, behaviour) });
    this.#actor = createActor(machine, { clock: this.#clock, input: { spec, timings } });
    this.#actor.on('*', (fact) => this.#note(fact));
    this.#actor.start();
    this.#actor.send({ type: 'program.start' });
  }

  get #now(): number {
    return this.#clock.now() + this.#skipped;
  }

  /** Lets time pass until then, and gives an order. */
  pass(until: number, order: Order['type']): void {
    this.#run(until);
    // What happened around an order is shown, however much happened between two.
    this.#steps.push(...this.#excerpt.shown());
    this.#excerpt = new Excerpt();
    this.#by = order;
    if (order === 'restart' && this.#actor.getSnapshot().context.wanted === 'down') this.#step('declined', null);
    else this.#actor.send({ type: `program.${order}`, by: order });
    this.#by = null;
  }

  finish(until: number): Outcome {
    this.#run(until);
    return {
      steps: [...this.#steps, ...this.#excerpt.shown()],
      ...this.#tally,
      state: this.#actor.getSnapshot().value,
      nextStartAt: this.#nextStartAt,
    };
  }

  #run(until: number): void {
    this.#before.clear();
    while (this.#clock.nextDue + this.#skipped <= until) {
      const { starts } = this.#tally;
      this.#clock.advance(this.#clock.nextDue - this.#clock.now());
      if (this.#tally.starts > starts) this.#skipRepetitions(until);
    }
    this.#clock.advance(until - this.#now);
  }

  /**
   * The machine is a function of its state: where it has been before, and nobody interferes, it comes again. Such rounds
   * are counted instead of run, but for the last ones, which are shown. A year of restarts takes no longer than a minute.
   */
  #skipRepetitions(until: number): void {
    const { value, context } = this.#actor.getSnapshot();
    const { wanted, next, restartDelay, lastExit, error } = context;
    const place = JSON.stringify([value, wanted, next, restartDelay, lastExit, error, this.#clock.waits]);
    const now = { ...this.#tally, at: this.#now, steps: this.#excerpt.size };
    const before = this.#before.get(place);
    this.#before.set(place, now);
    if (before === undefined || !this.#excerpt.isFull) return;

    const round = now.at - before.at;
    const steps = now.steps - before.steps;
    const rounds = Math.floor((until - now.at) / round) - Math.ceil(Excerpt.length / steps);
    if (rounds <= 0) return;
    const more = (key: keyof Tally) => now[key] + rounds * (now[key] - before[key]);
    this.#tally = { starts: more('starts'), deaths: more('deaths'), instantDeaths: more('instantDeaths') };
    this.#excerpt.leaveOut(rounds * steps);
    this.#skipped += rounds * round;
    if (this.#startedAt !== null) this.#startedAt += rounds * round;
    this.#before.clear();
  }

  #note(fact: ProgramFact): void {
    switch (fact.type) {
      case 'program.started':
        this.#startedAt = this.#now;
        break;
      case 'program.died': {
        const lived = this.#now - (this.#startedAt ?? this.#now);
        this.#exit = { ...fact.exit, lived };
        this.#startedAt = null;
        const isInstant = this.#latest === 'starting';
        const { deaths, instantDeaths } = this.#tally;
        this.#tally = { ...this.#tally, deaths: deaths + 1, instantDeaths: instantDeaths + (isInstant ? 1 : 0) };
        break;
      }
      case 'program.starting':
        this.#tally = { ...this.#tally, starts: this.#tally.starts + 1 };
        return this.#step('starting', null);
      case 'program.running':
        return this.#step('running', null);
      case 'program.backing-off':
        return this.#step('backing-off', fact.delay);
      case 'program.killing':
        return this.#step('killing', this.#startedAt === null ? null : fact.killtime);
      case 'program.killed':
        return this.#step('killed', null);
      case 'program.stopped':
        return this.#step('stopped', null);
      default:
    }
  }

  #step(event: Step['event'], wait: number | null): void {
    const { starts } = this.#tally;
    this.#excerpt.add({ at: this.#now, event, starts, by: this.#by, exit: this.#exit, wait });
    this.#exit = null;
    this.#latest = event;
    this.#nextStartAt = event === 'backing-off' && wait !== null ? this.#now + wait : null;
  }
}
