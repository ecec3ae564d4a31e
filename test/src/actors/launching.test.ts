import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ProcessCommand, ProcessEvent, ProcessInput } from '../../../machines/index.js';
import { Descendants } from '../../../src/actors/descendants.js';
import { createProcessActor } from '../../../src/actors/process.js';
import type { Launcher } from '../../../src/os/launcher.js';
import { NodeLauncher } from '../../../src/os/node-launcher.js';
import { ProcessTable } from '../../../src/os/process-table.js';
import { TurnQueue } from '../../../src/os/turn-queue.js';
import { parseProgramFile } from '../../../src/protocol/program-file.js';
import { fixture } from '../../fixtures/programs.js';
import { endForGood, processesWith } from '../../processes.js';
import { Probe } from './probe.js';

// What is asked for while a process is being made: it cannot be called back any more, and its pid is not known yet.

let colonies = 0;
let colony: string;
let launcher: Launcher;
/** Lets the start that waits come to its end. */
let made: () => void;

beforeEach(() => {
  colony = `test:launching-${process.pid}-${colonies++}`;
  launcher = new NodeLauncher();
});

const living = () => processesWith('NCOLONY_COLONY', colony);

afterEach(() => {
  for (const { pid } of living()) endForGood(pid);
  launcher.close();
});

/** An incarnation whose start has begun and does not end before `made` is called. */
async function launching(args: readonly string[]): Promise<Probe<ProcessCommand, ProcessEvent, ProcessInput>> {
  const parsed = parseProgramFile('program', Buffer.from(JSON.stringify({ args })));
  if (!parsed.ok) throw new Error(parsed.error.message);
  const end = new Promise<void>((resolve) => (made = resolve));
  const hasBegun = vi.fn<() => void>();
  const slow: Launcher = {
    prepare: async (command) => {
      const prepared = await launcher.prepare(command);
      return {
        ...prepared,
        launch: (exited, aside) => {
          hasBegun();
          // As Node tells both in one moment, so does this one.
          let exit: Parameters<typeof exited> | undefined;
          const launched = prepared.launch((...how) => void (exit = how), aside);
          void launched.catch(() => undefined);
          return end.then(async () => {
            const result = await launched;
            setInterval(function look(this: NodeJS.Timeout) {
              if (exit === undefined) return;
              clearInterval(this);
              exited(...exit);
            }, 1);
            return result;
          });
        },
      };
    },
    close: () => undefined,
  };
  const actor = createProcessActor({
    files: new Map([['program', parsed.file]]),
    colony,
    launcher: slow,
    turns: new TurnQueue(),
    table: new ProcessTable(colony),
    descendants: new Descendants([], []),
    outputs: {
      handOver: () => undefined,
      connect: (_name, _stream, source: Readable) => void source.resume(),
      finish: () => Promise.resolve(),
      reopen: () => undefined,
    },
    announce: () => undefined,
    identify: () => undefined,
    inherited: {},
  });
  const { name, revision } = parsed.file.spec;
  const incarnation = new Probe<ProcessCommand, ProcessEvent, ProcessInput>(actor, { name, args, revision });
  await vi.waitFor(() => expect(hasBegun).toHaveBeenCalled());
  return incarnation;
}

const terminate = { type: 'process.terminate', signal: 'SIGTERM', tree: true } as const;

test('a stop is carried out as soon as the pid is known', async () => {
  const incarnation = await launching(['sleep', '1000']);
  incarnation.tell(terminate);
  await new Promise(setImmediate);
  expect(incarnation.events).toEqual([]);
  made();
  await incarnation.next('process.gone');
  expect(incarnation.events).toMatchObject([
    { type: 'process.started' },
    { type: 'process.exited', exit: { signal: 'SIGTERM' } },
    { type: 'process.gone' },
  ]);
  expect(living()).toEqual([]);
});

test('so is a kill of who is deaf', async () => {
  const incarnation = await launching([fixture('deaf')]);
  // Deaf by then: it has a child.
  await vi.waitFor(() => expect(living()).toHaveLength(2));
  incarnation.tell(terminate);
  incarnation.tell({ type: 'process.kill' });
  made();
  await incarnation.next('process.gone');
  expect(incarnation.events).toContainEqual(
    expect.objectContaining({ type: 'process.exited', exit: { code: null, signal: 'SIGKILL' } }),
  );
  expect(living()).toEqual([]);
});

test('a signal reaches it', async () => {
  const incarnation = await launching(['sleep', '1000']);
  incarnation.tell({ type: 'process.signal', signal: 'SIGUSR1' });
  made();
  expect(await incarnation.next('process.exited')).toMatchObject({ exit: { signal: 'SIGUSR1' } });
});

test('of a start that fails while a stop waits only the end is told', async () => {
  const incarnation = await launching(['/no/such/program']);
  incarnation.tell(terminate);
  made();
  await incarnation.next('process.gone');
  expect(incarnation.events).toEqual([{ type: 'process.gone' }]);
});

test('whoever stops the actor meanwhile leaves no process behind', async () => {
  const incarnation = await launching([fixture('deaf')]);
  // Deaf by then: it has a child.
  await vi.waitFor(() => expect(living()).toHaveLength(2));
  incarnation.stop();
  made();
  await vi.waitFor(() => expect(living()).toEqual([]));
});
