import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fromCallback } from 'xstate';
import {
  noOrders,
  supervisorMachine,
  supervisorProcess,
  wardMachine,
  type ConfigScan,
  type ProcessCommand,
  type ProcessEvent,
  type ProcessInput,
} from '../../../machines/index.js';
import { nodeProgram } from '../../../src/index.js';
import { simulatedActors } from '../../../src/simulate/simulated-process.js';
import {
  FakeSystem,
  processContract,
  SteppedClock,
  type ProcessBehaviour,
  type ProcessUnderTest,
} from '../../../src/testing/index.js';
import { workerProcess } from '../../examples/worker-process.js';
import { timings } from '../../fixtures/lone-program.js';

const directory = mkdtempSync(join(tmpdir(), 'ncolony-contract-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The cases of a contract, as tests of this runner. */
function holds(name: string, ...contract: Parameters<typeof processContract>): void {
  describe(`${name} keeps the contract of a process`, () => {
    test.each(processContract(...contract))('$title', ({ run }) => expect(run()).resolves.toBeUndefined());
  });
}

const inputOf = (args: readonly string[]): ProcessInput => ({ name: 'web', args, revision: 'r1' });

holds('the fake process', () => {
  const clock = new SteppedClock();
  const system = new FakeSystem(clock);
  const scripts = {
    lives: {},
    ends: { life: 20, exit: { code: 3, signal: null } },
    deaf: { termDelay: Infinity },
    missing: { failure: { code: 'ENOENT', message: 'no such file' } },
  };
  return {
    clock,
    process: system.process,
    leftovers: system.leftovers,
    inputFor: (behaviour: ProcessBehaviour) => {
      system.usual = scripts[behaviour];
      return inputOf(['web']);
    },
    isAnythingLeft: () => system.alive('web').length > 0,
  };
});

const commands = {
  lives: ['sleep', '1000'],
  ends: ['sh', '-c', 'exit 3'],
  deaf: ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'],
  missing: ['/no/such/command'],
};

const launchers = new WeakMap<ProcessUnderTest, () => void>();

describe.each(Object.keys(commands) as ProcessBehaviour[])('%s', (behaviour) => {
  // A real process has an environment of its own, so each behaviour is a program file of its own.
  const cases = processContract(
    async () => {
      const content = { args: commands[behaviour], env: { PATH: '/bin:/usr/bin' } };
      const { actors, input, close } = await nodeProgram('web', content);
      const tested: ProcessUnderTest = {
        ...actors,
        inputFor: (asked) => (asked === behaviour ? input.spec : undefined),
      };
      launchers.set(tested, close);
      return tested;
    },
    (tested) => launchers.get(tested)?.(),
  );
  test.each(cases)('the real process keeps the contract: $title', ({ run }) => expect(run()).resolves.toBeUndefined());
});

const listening = `require('node:worker_threads').parentPort.on('message', () => process.exit(0));`;
const workers = {
  lives: listening,
  ends: 'setTimeout(() => process.exit(3), 20);',
  deaf: 'setInterval(() => {}, 1_000);',
  missing: undefined,
};

holds('a worker thread', () => ({
  process: workerProcess,
  inputFor: (behaviour) => {
    const script = join(directory, `${behaviour}.cjs`);
    const source = workers[behaviour];
    if (source !== undefined) writeFileSync(script, source);
    return inputOf([script]);
  },
}));

holds('a supervisor as a process', () => {
  const clock = new SteppedClock();
  const system = new FakeSystem(clock);
  const config = fromCallback<ConfigScan>(() => {});
  const machine = supervisorMachine.provide({ actors: { ...noOrders, config, ward: wardMachine } });
  return {
    clock,
    process: supervisorProcess(({ args: [behaviour] }) => {
      if (behaviour === 'missing') throw new Error('there is no such colony');
      return { machine, clock, input: { timings } };
    }),
    leftovers: system.leftovers,
    inputFor: (behaviour) => (behaviour === 'ends' || behaviour === 'deaf' ? undefined : inputOf([behaviour])),
  };
});

const simulated = (behaviour: ProcessBehaviour) => {
  const clock = new SteppedClock();
  const diesAfter = behaviour === 'ends' ? 20 : Infinity;
  const actors = simulatedActors(clock, { diesAfter, exitCode: 3, ignoresTerm: behaviour === 'deaf' });
  return { clock, ...actors };
};

describe.each(['lives', 'ends', 'deaf'] as const)('the process of `ncolony simulate` (%s)', (behaviour) => {
  const cases = processContract(() => ({
    ...simulated(behaviour),
    inputFor: (asked) => (asked === behaviour ? inputOf(['web']) : undefined),
  }));
  test.each(cases)('$title', ({ run }) => expect(run()).resolves.toBeUndefined());
});

test('the contract finds who does not keep it', async () => {
  const careless = (behave: (tell: (event: ProcessEvent) => void, command?: ProcessCommand) => void) => () => ({
    clock: new SteppedClock(),
    process: fromCallback<ProcessCommand, ProcessInput>(({ sendBack, receive }) => {
      behave(sendBack);
      receive((command) => behave(sendBack, command));
    }),
    inputFor: () => inputOf(['web']),
  });
  const broken = processContract(
    careless((tell, command) => {
      if (command === undefined) tell({ type: 'process.started', pid: 1, run: 'always the same' });
      else tell({ type: 'process.gone' });
    }),
  );
  const verdicts = await Promise.allSettled(broken.map(({ run }) => run()));
  const reasons = verdicts.map((verdict) => (verdict.status === 'rejected' ? String(verdict.reason) : 'kept'));
  expect(reasons[1]).toContain('run ids of two incarnations: expected 2, but it was 1');
  expect(reasons[2]).toContain('exited: it did not come to that');
  expect(reasons[4]).toContain('answers: expected 1, but it was 4');
  expect(reasons[7]).toContain('gone too early');
});
