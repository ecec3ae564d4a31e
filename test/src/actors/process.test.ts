import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ProcessCommand, ProcessEvent, ProcessInput } from '../../../machines/index.js';
import { Descendants } from '../../../src/actors/descendants.js';
import { createProcessActor, type ProcessHost } from '../../../src/actors/process.js';
import type { Launcher } from '../../../src/os/launcher.js';
import { NodeLauncher } from '../../../src/os/node-launcher.js';
import { ProcessTable, readProcess } from '../../../src/os/process-table.js';
import { TurnQueue } from '../../../src/os/turn-queue.js';
import { parseProgramFile, type ProgramFile } from '../../../src/protocol/program-file.js';
import { fixture } from '../../fixtures/programs.js';
import { endForGood, processesWith, seeProcess } from '../../processes.js';
import { scratch } from '../scratch.js';
import { Probe } from './probe.js';

const isRoot = process.getuid?.() === 0;
const name = 'program';
const stays = { args: ['sleep', '1000'] };
const patience = { interval: 2, timeout: 5_000 };

let colonies = 0;
let colony: string;
let launcher: Launcher;
let files: Map<string, ProgramFile>;
/** What processes said, by stream. */
let said: { stdout: string; stderr: string };

beforeEach(() => {
  colony = `test:${process.pid}-${colonies++}`;
  launcher = new NodeLauncher();
  files = new Map();
  said = { stdout: '', stderr: '' };
});

const living = () => processesWith('NCOLONY_COLONY', colony);

afterEach(() => {
  for (const { pid } of living()) endForGood(pid);
  launcher.close();
});

function hostWith(more: Partial<ProcessHost> = {}): ProcessHost {
  return {
    files,
    colony,
    launcher,
    turns: new TurnQueue(),
    table: new ProcessTable(colony),
    descendants: new Descendants([], []),
    outputs: {
      handOver: () => undefined,
      connect: (_name, stream, source: Readable) =>
        void source.on('data', (chunk: Buffer) => (said[stream] += chunk.toString())),
      finish: () => Promise.resolve(),
      reopen: () => undefined,
    },
    announce: () => undefined,
    identify: () => undefined,
    inherited: { INHERITED: 'from the monitor', SECRET: 'of the monitor' },
    ...more,
  };
}

function named(other: string, file: ProgramFile): ProgramFile {
  return { ...file, spec: { ...file.spec, name: other } };
}

type Incarnation = Probe<ProcessCommand, ProcessEvent, ProcessInput>;

/** Begins an incarnation of a program with this file. */
function begin(content: object, more: Partial<ProcessHost> = {}): Incarnation {
  const parsed = parseProgramFile(name, Buffer.from(JSON.stringify(content)));
  if (!parsed.ok) throw new Error(parsed.error.message);
  files.set(name, parsed.file);
  const { args, revision } = parsed.file.spec;
  return new Probe(createProcessActor(hostWith(more)), { name, args, revision });
}

const terminate = { type: 'process.terminate', signal: 'SIGTERM', tree: true } as const;
const typesOf = (incarnation: Incarnation) => incarnation.events.map(({ type }) => type);
const hearing = (stream: 'stdout' | 'stderr', text: string) =>
  vi.waitFor(() => expect(said[stream]).toContain(text), patience);

/** The pid of a `sleep` that a program has started: a shell's child that is no other program yet may lose a signal. */
async function sleeping(): Promise<number> {
  const find = () => living().find(({ command }) => command[0] === 'sleep');
  await vi.waitFor(() => expect(find()).toBeDefined(), patience);
  return find()!.pid;
}

describe('a start', () => {
  test('is told with pid and run id, by which the process can be told', async () => {
    const incarnation = begin({ ...stays, env: { A: 'a' }, env_inherit: ['INHERITED'] });
    const { pid, run } = await incarnation.next('process.started');
    expect(seeProcess(pid)).toMatchObject({ pid, session: pid, command: ['sleep', '1000'] });
    expect(seeProcess(pid)?.environment).toEqual({
      A: 'a',
      INHERITED: 'from the monitor',
      NCOLONY_NAME: name,
      NCOLONY_CONFIG: files.get(name)?.text,
      NCOLONY_RUN: run,
      NCOLONY_COLONY: colony,
    });
  });

  describe('can be told for good', () => {
    const identified: Parameters<ProcessHost['identify']>[0][] = [];
    const identify: ProcessHost['identify'] = (process) => void identified.push(process);
    beforeEach(() => void identified.splice(0));

    test('by its start time, a moment after it', async () => {
      const incarnation = begin(stays, { identify });
      const { pid, run } = await incarnation.next('process.started');
      expect(identified).toEqual([]);
      await vi.waitFor(() => expect(identified).not.toEqual([]), patience);
      const { startTime } = readProcess(pid)!;
      incarnation.tell(terminate);
      await incarnation.next('process.gone');
      expect(identified).toEqual([{ name, run, startTime }]);
    });

    test.for([
      ['it is to end', (incarnation: Incarnation) => incarnation.tell(terminate)],
      ['its actor is stopped', (incarnation: Incarnation) => incarnation.stop()],
    ] as const)('at once when %s', async ([, end]) => {
      const incarnation = begin(stays, { identify });
      const { run } = await incarnation.next('process.started');
      end(incarnation);
      expect(identified).toEqual([{ name, run, startTime: expect.any(Number) as number }]);
      expect(identified[0]?.startTime).toBeGreaterThan(0);
    });

    test('never, when it has ended before that', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      const incarnation = begin({ args: ['true'] }, { identify });
      const { run } = await incarnation.next('process.started');
      await incarnation.next('process.exited');
      expect(identified).toEqual([{ name, run, startTime: 0 }]);
    });
  });

  test('is never of a file that is not the one that was asked for any more', async () => {
    begin(stays);
    for (const revision of ['another', undefined]) {
      if (revision === undefined) files.clear();
      const input = { name, args: stays.args, revision: revision ?? '' };
      const incarnation: Incarnation = new Probe(createProcessActor(hostWith()), input);
      expect(await incarnation.next('process.failed')).toMatchObject({ error: { code: 'ESUPERSEDED' } });
    }
  });

  test.for<[code: string, args: (plainFile: string) => string[]]>([
    ['ENOENT', () => ['/no/such/program']],
    ['EACCES', (plainFile) => [plainFile]],
    ['ENOTDIR', (plainFile) => [`${plainFile}/program`]],
  ])('that fails is told once, by code and executable: %s', async ([code, args]) => {
    const plainFile = join(scratch(), 'plain-file');
    writeFileSync(plainFile, '');
    const incarnation = begin({ args: args(plainFile) });
    const { error } = await incarnation.next('process.failed');
    expect(error).toMatchObject({ code, message: expect.stringContaining(args(plainFile)[0]!) as string });
    incarnation.tell(terminate);
    await new Promise(setImmediate);
    expect(typesOf(incarnation)).toEqual(['process.failed']);
  });

  test('that cannot even be prepared is told too', async () => {
    const prepare = () => Promise.reject(new Error('no descriptors left'));
    const incarnation = begin(stays, { launcher: { prepare, close: () => undefined } });
    expect(await incarnation.next('process.failed')).toMatchObject({ error: { message: expect.anything() as string } });
  });

  test('that is called off before its turn starts nothing', async () => {
    const incarnation = begin(stays);
    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    // A later one has its turn after it.
    const later = begin({ args: ['sleep', '1001'] });
    await later.next('process.started');
    expect(living().map(({ command }) => command)).toEqual([['sleep', '1001']]);
    expect(typesOf(incarnation)).toEqual(['process.gone']);
  });
});

describe('an exit', () => {
  test('is told with its code, and with nobody who outlives it', async () => {
    const incarnation = begin({ args: ['sh', '-c', 'echo last words; exit 3'] });
    expect(await incarnation.next('process.exited')).toEqual({
      type: 'process.exited',
      exit: { code: 3, signal: null },
      stragglers: [],
    });
    await hearing('stdout', 'last words\n');
  });

  test('is told with its signal', async () => {
    const incarnation = begin(stays);
    endForGood((await incarnation.next('process.started')).pid);
    expect(await incarnation.next('process.exited')).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
  });

  test('is told at once with those who outlive it, though they hold its output open', async () => {
    const incarnation = begin({ args: [fixture('outlived'), '0'] });
    const { exit, stragglers } = await incarnation.next('process.exited');
    expect(exit).toEqual({ code: 3, signal: null });
    expect(stragglers).toEqual(living().map(({ pid }) => pid));
    expect(stragglers).toHaveLength(1);

    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    expect(living()).toEqual([]);
    expect(typesOf(incarnation)).toEqual(['process.started', 'process.exited', 'process.gone']);
  });
});

describe('a stop', () => {
  test('is over when the process is reaped and nothing of it is left', async () => {
    const incarnation = begin(stays);
    await incarnation.next('process.started');
    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    expect(incarnation.events.slice(1)).toEqual([
      { type: 'process.exited', exit: { code: null, signal: 'SIGTERM' }, stragglers: [] },
      { type: 'process.gone' },
    ]);
  });

  test('begins with the signal that was asked for', async () => {
    const incarnation = begin({
      args: ['sh', '-c', 'trap "exit 7" INT; echo ready; read line'],
    });
    await hearing('stdout', 'ready');
    incarnation.tell({ ...terminate, signal: 'SIGINT' });
    expect(await incarnation.next('process.exited')).toMatchObject({ exit: { code: 7 } });
    await incarnation.next('process.gone');
  });

  test('of who ignores the signal takes SIGKILL', async () => {
    const incarnation = begin({ args: [fixture('deaf')] });
    await hearing('stdout', 'deaf');
    const { pid } = await incarnation.next('process.started');
    incarnation.tell(terminate);
    expect((await incarnation.next('process.lingering')).pids).toContain(pid);
    incarnation.tell({ type: 'process.kill' });
    expect(await incarnation.next('process.exited')).toMatchObject({ exit: { signal: 'SIGKILL' } });
    await incarnation.next('process.gone');
    expect(living()).toEqual([]);
  });

  test('waits for a grandchild that ignores the signal, and names it', async () => {
    const incarnation = begin({ args: [fixture('deaf-grandchild')] });
    await hearing('stdout', 'deaf');
    incarnation.tell(terminate);
    const { pids } = await incarnation.next('process.lingering');
    expect(pids).toEqual(living().map(({ pid }) => pid));
    expect(typesOf(incarnation)).toContain('process.exited');
    expect(typesOf(incarnation)).not.toContain('process.gone');
    incarnation.tell({ type: 'process.kill' });
    await incarnation.next('process.gone');
    expect(living()).toEqual([]);
  });

  test('finds a daemon that left session and parent', async () => {
    const incarnation = begin({ args: [fixture('daemonise')] });
    await hearing('stdout', 'daemon');
    expect(new Set(living().map(({ session }) => session)).size).toBe(2);
    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    expect(living()).toEqual([]);
  });

  test('spares what the program starts in answer to the signal', async () => {
    const script = 'trap "sleep 0.1 && echo orderly; exit" TERM; sleep 1000 & echo ready; wait';
    const incarnation = begin({ args: ['sh', '-c', script] });
    await hearing('stdout', 'ready');
    await sleeping();
    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    await hearing('stdout', 'orderly');
    expect(typesOf(incarnation)).toEqual(['process.started', 'process.exited', 'process.gone']);
  });

  test('without the tree asks the main process alone', async () => {
    const script = 'trap "sleep 0.1 && echo orderly; exit" TERM; sleep 1000 & child=$!; echo ready; wait; wait';
    const incarnation = begin({ args: ['sh', '-c', script] });
    await hearing('stdout', 'ready');
    const child = await sleeping();
    incarnation.tell({ ...terminate, tree: false });
    await hearing('stdout', 'orderly');
    await incarnation.next('process.gone');
    expect(seeProcess(child)).toBeUndefined();
    expect(living()).toEqual([]);
  });

  test('of what has exited meanwhile tells its exit before it is gone', async () => {
    const incarnation = begin({ args: ['true'] });
    await incarnation.next('process.started');
    incarnation.tell(terminate);
    await incarnation.next('process.gone');
    expect(typesOf(incarnation)).toEqual(['process.started', 'process.exited', 'process.gone']);
  });

  test('that is asked for twice is one', async () => {
    const incarnation = begin(stays);
    await incarnation.next('process.started');
    incarnation.tell(terminate);
    incarnation.tell(terminate);
    incarnation.tell({ type: 'process.kill' });
    await incarnation.next('process.gone');
    expect(typesOf(incarnation)).toEqual(['process.started', 'process.exited', 'process.gone']);
  });

  test('ends other incarnations of the same program, but no other program', async () => {
    const host = hostWith();
    const first: Incarnation = begin({ args: [fixture('daemonise-and-die'), join(scratch(), 'once')] }, host);
    await first.next('process.exited');
    const [daemon] = living();
    first.stop();
    const other: Incarnation = new Probe(
      createProcessActor({
        ...host,
        files: new Map([['other', named('other', files.get(name)!)]]),
      }),
      { name: 'other', args: ['sleep', '1000'], revision: files.get(name)!.spec.revision },
    );
    await other.next('process.started');

    const second = begin(stays, host);
    await second.next('process.started');
    second.tell(terminate);
    await second.next('process.gone');
    expect(seeProcess(daemon!.pid)).toBeUndefined();
    expect(living().map(({ environment }) => environment['NCOLONY_NAME'])).toEqual(['other']);
  });
});

test('a signal goes to the main process alone', async () => {
  const script =
    '(trap "echo child" USR1; sleep 1000 & wait) & trap "echo parent" USR1; echo ready; while :; do wait; done';
  const incarnation = begin({ args: ['sh', '-c', script] });
  await hearing('stdout', 'ready');
  incarnation.tell({ type: 'process.signal', signal: 'SIGUSR1' });
  await hearing('stdout', 'parent');
  expect(said.stdout).not.toContain('child');
});

test('whoever stops the actor ends its process at once: nobody is left who could', async () => {
  const incarnation = begin({ args: [fixture('deaf')] });
  await hearing('stdout', 'deaf');
  incarnation.stop();
  await vi.waitFor(() => expect(living()).toEqual([]), patience);
});

describe.runIf(isRoot)('behind a helper that drops rights', () => {
  const nobody = { uid: 65534, gid: 65534 };

  test.for([
    ['ENOENT', ['/no/such/program']],
    ['EACCES', ['/etc/passwd']],
  ] as const)('a program that cannot be started is one: %s', async ([code, args]) => {
    const incarnation = begin({ args, ...nobody });
    expect(await incarnation.next('process.failed')).toMatchObject({ error: { code } });
    expect(typesOf(incarnation)).toEqual(['process.started', 'process.failed']);
  });

  test('a right that cannot be given fails the start', async () => {
    const incarnation = begin({ ...stays, 'ncolony.limits': { nofile: 2_000_000_000 } });
    expect(await incarnation.next('process.failed')).toMatchObject({
      error: { code: 'EPRIVILEGE', message: expect.stringContaining('prlimit: ') as string },
    });
    expect(living()).toEqual([]);
  });

  test.for([[1], [126], [127]] as const)('a program that exits with %i has died', async ([code]) => {
    const incarnation = begin({ args: ['sh', '-c', `echo oh no >&2; exit ${code}`], ...nobody });
    expect(await incarnation.next('process.exited')).toMatchObject({ exit: { code } });
  });

  test('a program that exits with 1 in silence has died', async () => {
    const incarnation = begin({ args: ['false'], ...nobody });
    expect(await incarnation.next('process.exited')).toMatchObject({ exit: { code: 1 } });
  });
});
