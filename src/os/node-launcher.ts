import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fchownSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { LaunchError, type Command, type Exited, type Launched, type Launcher, type Prepared } from './launcher.js';
import { closePipe, PipeStock, type Pipe } from './pipes.js';
import { grant, type Granted } from './grant.js';
import { readUnlessHanded, withHandedFiles } from './handed-files.js';
import { hasProc } from './process-table.js';
import { markOfDescriptor } from './stdin-mark.js';
import { systemTool } from './system-tools.js';

/** Starts processes with Node's own `spawn`. */
export class NodeLauncher implements Launcher {
  readonly #pipes: PipeStock | undefined;

  /**
   * Without `mkfifo` (`null`) Node's own socket pairs serve: then `/dev/stdout` cannot be opened by a program. Without
   * /proc it cannot be opened at all, and mkfifo cannot set a mode.
   */
  constructor(mkfifo = hasProc ? (systemTool('mkfifo') ?? null) : null) {
    this.#pipes = mkfifo === null ? undefined : new PipeStock(mkfifo);
  }

  close(): void {
    this.#pipes?.close();
  }

  async prepare(command: Command): Promise<Prepared> {
    const granted = await grant(command);
    if (this.#pipes === undefined) {
      return {
        stdinMark: undefined,
        launch: (exited) => launchWithSockets(command, granted, exited),
        discard: () => undefined,
      };
    }
    const pipes = await this.#pipes.take(3).catch((error: unknown) => {
      throw new LaunchError('EPIPES', 'no pipes can be made', { cause: error });
    });
    const { owner } = granted;
    try {
      if (owner !== undefined) for (const pipe of pipes) fchownSync(pipe.write, owner.uid, owner.gid);
    } catch (error) {
      pipes.forEach(closePipe);
      throw error;
    }
    const [stdin, stdout, stderr] = pipes as [Pipe, Pipe, Pipe];
    return {
      stdinMark: markOfDescriptor(stdin.read),
      launch: (exited) => launchWithPipes(command, granted, [stdin, stdout, stderr], exited),
      discard: () => pipes.forEach(closePipe),
    };
  }
}

async function launchWithPipes(
  command: Command,
  granted: Granted,
  [stdin, stdout, stderr]: readonly [Pipe, Pipe, Pipe],
  exited: Exited,
): Promise<Launched> {
  let child: ChildProcess | undefined;
  try {
    return await withHandedFiles(command, (files) => {
      child = spawnIn(command, granted, [stdin.read, files.stdout ?? stdout.write, files.stderr ?? stderr.write]);
      const output = [readUnlessHanded(stdout, files.stdout), readUnlessHanded(stderr, files.stderr)] as const;
      for (const end of [stdin.read, stdout.write, stderr.write]) closeSync(end);
      return watch(child, granted, output, () => closeSync(stdin.write), exited);
    });
  } catch (error) {
    // What there is no process for was closed as that was told.
    if (child !== undefined && child.pid === undefined) throw error;
    // A process of which nobody knows must not live.
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    [stdin, stdout, stderr].forEach(closePipe);
    throw error;
  }
}

function launchWithSockets(command: Command, granted: Granted, exited: Exited): Promise<Launched> {
  return withHandedFiles(command, (files) => {
    const child = spawnIn(command, granted, ['pipe', files.stdout ?? 'pipe', files.stderr ?? 'pipe']);
    const { stdin, stdout, stderr } = child;
    // With no descriptors left there are none, whatever Node's types say.
    stdin?.on('error', () => undefined);
    return watch(child, granted, [stdout ?? undefined, stderr ?? undefined], () => void stdin?.destroy(), exited);
  });
}

async function watch(
  child: ChildProcess,
  granted: Granted,
  [stdout, stderr]: readonly [Readable | undefined, Readable | undefined],
  closeStdin: () => void,
  exited: Exited,
): Promise<Launched> {
  const { pid } = child;
  if (pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    closeStdin();
    stdout?.destroy();
    stderr?.destroy();
    throw error;
  }
  child.once('exit', (code, signal) => {
    closeStdin();
    exited({ code, signal });
  });
  return { pid, stdout, stderr, helper: granted.helper[0], signal: (signal) => void child.kill(signal) };
}

function spawnIn({ args, rights }: Command, granted: Granted, stdio: (number | 'pipe')[]): ChildProcess {
  const { helper, environment, directory } = granted;
  const [file = '', ...rest] = [...helper, ...args];
  // The umask is this process's own, and a child begins with what it is at the moment of its spawn.
  const before = rights.umask === undefined ? undefined : process.umask(rights.umask);
  try {
    const child = spawn(file, rest, { env: environment, stdio, detached: true, cwd: directory });
    // Nobody may hear of it in time who waits for it. After a spawn that succeeded it is about a signal that could not be
    // sent: the process is gone already.
    child.on('error', () => undefined);
    return child;
  } finally {
    if (before !== undefined) process.umask(before);
  }
}
