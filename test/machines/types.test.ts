import { expectTypeOf } from 'expect-type';
import { expect, test } from 'vitest';
import { createActor, fromCallback, type ActorRefFrom } from 'xstate';
import { nodeActors, startMonitor, type Monitor } from '../../src/index.js';
import {
  defaultTimings,
  factsOf,
  listen,
  memoryOf,
  noLeftovers,
  noOrders,
  programMachine,
  programSpec,
  supervisorMachine,
  supervisorWith,
  type ConfigScan,
  type Fact,
  type FactsMissed,
  type ProcessCommand,
  type ProcessInput,
  type ProgramFact,
  type ProgramState,
  type SupervisorMemory,
  type SupervisorOutput,
} from '../../machines/index.js';

// What is wrong here must not compile: the compiler is the judge (`npm run check`), and nothing of it is called.
const input = { timings: defaultTimings };
const process = fromCallback<ProcessCommand, ProcessInput>(() => {});
const config = fromCallback<ConfigScan>(() => {});
const ports = { process, leftovers: noLeftovers, config, ...noOrders };

function wrongEvents(
  supervisor: ActorRefFrom<typeof supervisorMachine>,
  program: ActorRefFrom<typeof programMachine>,
): void {
  supervisor.send({ type: 'shutdown' });
  // @ts-expect-error there is no such event
  supervisor.send({ type: 'shut down' });
  // @ts-expect-error a program's order is not one for its supervisor
  supervisor.send({ type: 'program.start' });
  // @ts-expect-error which signals there are
  supervisor.send({ type: 'signal.received', signal: 'SIGKILL' });
  program.send({ type: 'program.stop', by: 'me' });
  // @ts-expect-error a signal is missing
  program.send({ type: 'program.signal' });
  // @ts-expect-error there is no such fact
  supervisor.on('program.exploded', () => {});
}

function wrongInput(): void {
  createActor(supervisorMachine, { input });
  // @ts-expect-error the input is missing
  createActor(supervisorMachine);
  // @ts-expect-error timings are missing
  createActor(supervisorMachine, { input: {} });
  // @ts-expect-error one of the durations is missing
  createActor(supervisorMachine, { input: { timings: { threshold: 1, killtime: 1, minRestartDelay: 1 } } });
  createActor(programMachine, { input: { ...input, spec: programSpec('web', ['serve']) } });
  // @ts-expect-error args are a list
  createActor(programMachine, { input: { ...input, spec: programSpec('web', 'serve') } });
  // @ts-expect-error the environment has no place in a spec
  programSpec('web', ['serve'], { env: { PATH: '/bin' } });
}

function missingActors(): void {
  supervisorWith(ports);
  const { process: _, ...withoutProcess } = ports;
  // @ts-expect-error the process is missing
  supervisorWith(withoutProcess);
  // @ts-expect-error the config is missing
  supervisorWith({ process, leftovers: noLeftovers, ...noOrders });
  // @ts-expect-error it does not take what a process is told
  supervisorWith({ ...ports, process: fromCallback<{ type: 'other' }, ProcessInput>(() => {}) });
  // @ts-expect-error it wants another input
  supervisorWith({ ...ports, process: fromCallback<ProcessCommand, { port: number }>(() => {}) });
  // @ts-expect-error there is no such port
  supervisorMachine.provide({ actors: { proces: process } });
}

async function wrongOptions(): Promise<void> {
  await startMonitor({ config: 'conf', messages: 'messages' });
  // @ts-expect-error messages are missing
  await startMonitor({ config: 'conf' });
  // @ts-expect-error a number of ms
  await nodeActors({ config: 'conf', messages: 'messages', frequency: '10' });
  // @ts-expect-error there is no such level
  await startMonitor({ config: 'conf', messages: 'messages', logLevel: 'loud' });
}

function whatIsHeard(
  supervisor: ActorRefFrom<typeof supervisorMachine>,
  program: ActorRefFrom<typeof programMachine>,
  monitor: Monitor,
): void {
  const ignore = () => {};
  supervisor.on('program.died', ({ exit }) => expectTypeOf(exit.code).toEqualTypeOf<number | null>());
  listen(supervisor, 'config.rejected', ({ error }) => expectTypeOf(error.code).toBeString(), ignore);
  listen(supervisor, '*', (fact) => expectTypeOf(fact).toEqualTypeOf<Fact>(), ignore);
  listen(program, '*', (fact) => expectTypeOf(fact).toEqualTypeOf<ProgramFact>(), ignore);
  // @ts-expect-error a program tells of no files
  listen(program, 'config.rejected', ignore, ignore);
  // @ts-expect-error who listens says what becomes of its errors
  listen(supervisor, '*', ignore);
  monitor.on('program.backing-off', ({ delay }) => expectTypeOf(delay).toBeNumber());
  expectTypeOf(factsOf(supervisor)).toEqualTypeOf<AsyncIterable<Fact | FactsMissed>>();
}

test('what is wrong does not compile', () => {
  expect([wrongEvents, wrongInput, missingActors, wrongOptions, whatIsHeard]).toHaveLength(5);
  expectTypeOf<ReturnType<ActorRefFrom<typeof programMachine>['getSnapshot']>['value']>().toEqualTypeOf<ProgramState>();
  expectTypeOf<Monitor['done']>().toEqualTypeOf<Promise<SupervisorOutput>>();
  expectTypeOf<ReturnType<Monitor['stop']>>().toEqualTypeOf<Monitor['done']>();
  expectTypeOf<Monitor>().toExtend<AsyncIterable<Fact | FactsMissed>>();
  expectTypeOf(memoryOf).returns.toEqualTypeOf<SupervisorMemory>();
});

test('an actor that was not provided is named when it is missed', () => {
  const actor = createActor(supervisorMachine, { input });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  expect(errors.map(String)).toEqual(['Error: actor signals was not provided']);
});
