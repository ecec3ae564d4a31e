import { createActor, fromCallback, type CallbackActorLogic } from 'xstate';
import {
  defaultStop,
  noLeftovers,
  programMachine,
  type LeftoversInput,
  type ProcessCommand,
  type ProcessEvent,
  type ProcessInput,
  type Timings,
} from '../../machines/index.js';
import { expectSame, expectThat, type ContractCase } from './contract.js';
import { Stage, type Time } from './stage.js';

/**
 * What a process does that the contract needs: `lives` until it is asked to end, and then does; `ends` soon, with code 3;
 * `deaf` ends only when it is killed; `missing` cannot be started.
 */
export type ProcessBehaviour = 'lives' | 'ends' | 'deaf' | 'missing';

/** A `process` actor under test. */
export interface ProcessUnderTest extends Time {
  readonly process: CallbackActorLogic<ProcessCommand, ProcessInput>;
  /** Default: there never are any. */
  readonly leftovers?: CallbackActorLogic<ProcessCommand, LeftoversInput>;
  /** What to run for it; `undefined`: there is no such thing here, and what needs it is left out. */
  readonly inputFor: (behaviour: ProcessBehaviour) => ProcessInput | undefined;
  /** Whether anything of what was started is still there; default: it cannot be told. */
  readonly isAnythingLeft?: () => boolean;
}

type ProcessStage = Stage<ProcessCommand, ProcessEvent>;

const terminate: ProcessCommand = { type: 'process.terminate', signal: 'SIGTERM', tree: true };
const kill: ProcessCommand = { type: 'process.kill' };
/** So long nothing more has to come, ms. */
const quietMs = 50;

/**
 * What every `process` actor has to keep, whatever it runs: a case each, for any runner of tests. `open` makes a new one
 * for each case, and `close` puts it away.
 */
export function processContract(
  open: () => ProcessUnderTest | Promise<ProcessUnderTest>,
  close: (tested: ProcessUnderTest) => void | Promise<void> = () => {},
): readonly ContractCase[] {
  const withTested = (title: string, run: (tested: ProcessUnderTest) => Promise<void>): ContractCase => ({
    title,
    run: async () => {
      const tested = await open();
      try {
        await run(tested);
      } finally {
        await close(tested);
      }
    },
  });
  const withProcess = (
    title: string,
    behaviour: ProcessBehaviour,
    run: (stage: ProcessStage, tested: ProcessUnderTest) => Promise<void>,
  ): ContractCase =>
    withTested(title, async (tested) => {
      const input = tested.inputFor(behaviour);
      if (input === undefined) return;
      const stage: ProcessStage = new Stage<ProcessCommand, ProcessEvent>(tested.process as never, input, tested);
      try {
        await run(stage, tested);
      } finally {
        stage.leave();
      }
    });

  return [
    withProcess('tells of its start once, with a pid and a run id', 'lives', async (stage) => {
      await started(stage);
      await stage.pass(quietMs);
      const [start, ...more] = stage.of('process.started');
      expectSame(more, [], 'further starts');
      expectThat(Number.isSafeInteger(start?.pid) && (start?.pid ?? -1) >= 0, 'pid: a number, 0 where there is none');
      expectThat(typeof start?.run === 'string' && start.run !== '', 'run: a string');
    }),
    withTested('gives every incarnation a run id of its own', async (tested) => {
      const input = tested.inputFor('lives');
      if (input === undefined) return;
      const stages = [1, 2].map(() => new Stage<ProcessCommand, ProcessEvent>(tested.process as never, input, tested));
      for (const stage of stages) await started(stage);
      const runs = new Set(stages.map((stage) => stage.of('process.started')[0]?.run));
      for (const stage of stages) {
        stage.tell(kill);
        stage.tell(terminate);
        await gone(stage);
        stage.leave();
      }
      expectSame(runs.size, 2, 'run ids of two incarnations');
    }),
    withProcess('tells how it ended by itself, once, and of nothing after that', 'ends', async (stage) => {
      await stage.until(() => stage.of('process.exited').length > 0, 'exited');
      await stage.pass(quietMs);
      expectSame(stage.types, ['process.started', 'process.exited'], 'told');
      const [exited] = stage.of('process.exited');
      expectSame([exited?.exit, exited?.stragglers], [{ code: 3, signal: null }, []], 'exit and stragglers');
    }),
    withProcess('answers process.terminate with process.gone, when it is', 'lives', async (stage, tested) => {
      await started(stage);
      stage.tell(terminate);
      await gone(stage);
      const isLeft = tested.isAnythingLeft?.() ?? false;
      expectThat(!isLeft, 'told gone, but something is left');
      const told = stage.types.filter((type) => type !== 'process.lingering');
      expectSame(told, ['process.started', 'process.exited', 'process.gone'], 'told');
    }),
    withProcess('answers once, however often it is asked', 'lives', async (stage) => {
      await started(stage);
      stage.tell(terminate);
      stage.tell(terminate);
      await gone(stage);
      stage.tell(terminate);
      stage.tell(kill);
      await stage.pass(quietMs);
      expectSame(stage.of('process.gone').length, 1, 'answers');
    }),
    withProcess('answers process.terminate when it has ended already', 'ends', async (stage) => {
      await stage.until(() => stage.of('process.exited').length > 0, 'exited');
      stage.tell(terminate);
      await gone(stage);
      expectSame(stage.of('process.exited').length, 1, 'exits');
    }),
    withProcess('can be ended before it has started', 'lives', async (stage, tested) => {
      stage.tell(terminate);
      await stage.until(() => hasSettled(stage), 'gone, or failed');
      await stage.pass(quietMs);
      expectThat(!(tested.isAnythingLeft?.() ?? false), 'something is left');
    }),
    withProcess('is ended by process.kill when it does not obey', 'deaf', async (stage) => {
      await started(stage);
      await stage.pass(quietMs);
      stage.tell(terminate);
      await stage.pass(quietMs);
      expectSame(stage.of('process.gone'), [], 'gone too early');
      stage.tell(kill);
      await gone(stage);
      expectThat(stage.of('process.exited')[0]?.exit.code !== 0, 'a kill is no exit with 0');
    }),
    withProcess(
      'tells of a start that failed, and of nothing after that, whatever it is asked',
      'missing',
      async (stage) => {
        await stage.until(() => stage.of('process.failed').length > 0, 'failed');
        const [failed] = stage.of('process.failed');
        expectThat(typeof failed?.error.code === 'string' && failed.error.message !== '', 'a code and a message');
        stage.tell(terminate);
        stage.tell(kill);
        await stage.pass(quietMs);
        expectSame(stage.types, ['process.failed'], 'told');
      },
    ),
    withProcess('tells nothing any more when it is stopped', 'lives', async (stage) => {
      await started(stage);
      stage.leave();
      const told = stage.types.length;
      await stage.pass(quietMs);
      expectSame(stage.types.length, told, 'events');
    }),
    withTested('is kept up by the statechart of a program: started, restarted, stopped', supervised),
  ];
}

const idle = fromCallback(() => {});
const timings: Timings = { threshold: 20, killtime: 5_000, minRestartDelay: 20, maxRestartDelay: 100 };

async function supervised(tested: ProcessUnderTest): Promise<void> {
  const input = tested.inputFor('lives');
  if (input === undefined) return;
  const { process, leftovers = noLeftovers, clock } = tested;
  const actors = { process, leftovers };
  const actor = createActor(programMachine.provide({ actors }), {
    input: { spec: { ...input, groups: [], wanted: 'up', stop: defaultStop }, timings },
    ...(clock && { clock }),
  });
  const told: string[] = [];
  actor.on('*', ({ type }) => void told.push(type));
  actor.start();
  const stage = new Stage<ProcessCommand, ProcessEvent>(idle as never, {}, tested);
  const reaches = (state: string) =>
    stage.until(() => actor.getSnapshot().value === state, `${state} (${told.join()})`);
  try {
    actor.send({ type: 'program.start' });
    await reaches('running');
    const first = actor.getSnapshot().context.run;
    actor.send({ type: 'program.restart' });
    await stage.until(() => ![first, null].includes(actor.getSnapshot().context.run), 'another run');
    await reaches('running');
    actor.send({ type: 'program.stop' });
    await reaches('stopped');
    expectSame(
      told.filter((type) => type === 'program.failed' || type === 'program.backing-off'),
      [],
      'failures',
    );
    expectThat(!(tested.isAnythingLeft?.() ?? false), 'something is left');
  } finally {
    stage.leave();
    actor.stop();
  }
}

const started = (stage: ProcessStage) => stage.until(() => stage.of('process.started').length > 0, 'started');
const gone = (stage: ProcessStage) => stage.until(() => stage.of('process.gone').length > 0, 'gone');
const hasSettled = (stage: ProcessStage) =>
  stage.types.includes('process.gone') || stage.types.includes('process.failed');
