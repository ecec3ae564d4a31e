import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { closePipe, PipeStock, type Pipe } from './pipes.js';
import { systemTool } from './system-tools.js';
import { findUser } from './users.js';

/** What to run, and as whom. */
export interface Command {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly user: { readonly uid?: number; readonly gid?: number } | undefined;
}

/** A failure of a start, by the stage that it failed in. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly code: 'EPIPES' | 'EPRIVILEGE' | 'EHELPER';

  constructor(code: LaunchError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A child that was asked for. `child.pid` is undefined when it could not be; then `child` emits `error`. */
export interface Launched {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Whether a helper stands before the program, so that an early exit may be the helper's. */
  readonly helper: string | undefined;
  /** Lets go of the child's standard input, on which nothing ever came. */
  readonly closeStdin: () => void;
}

/** A start that waits for its turn: everything slow is done. */
export interface Prepared {
  /** Throws what `spawn` throws (ENOTDIR, E2BIG, …). */
  readonly launch: () => Launched;
  readonly discard: () => void;
}

/** Starts processes, each in a session of its own, with three real pipes and nothing else of ours. */
export class Launcher {
  readonly #pipes: PipeStock | undefined;
  readonly #setpriv = systemTool('setpriv');

  /** Without `mkfifo` Node's own socket pairs serve: then `/dev/stdout` cannot be opened by a program. */
  constructor(mkfifo = systemTool('mkfifo')) {
    this.#pipes = mkfifo === undefined ? undefined : new PipeStock(mkfifo);
  }

  close(): void {
    this.#pipes?.close();
  }

  /** Rejects with a `LaunchError` when the means for a start cannot be had. */
  async prepare(command: Command): Promise<Prepared> {
    const helper = command.user === undefined ? undefined : await this.#helper(command.user);
    const args = helper === undefined ? command.args : [...helper.args, ...command.args];
    const run = { args, environment: command.environment, helper: helper?.args[0] };
    if (this.#pipes === undefined) return { launch: () => launchWithSockets(run), discard: () => undefined };

    const pipes = await this.#pipes.take(3).catch((error: unknown) => {
      throw new LaunchError('EPIPES', 'no pipes can be made', { cause: error });
    });
    const [stdin, stdout, stderr] = pipes;
    if (stdin === undefined || stdout === undefined || stderr === undefined) throw new Error('three pipes make three');
    // Opening /dev/stdout is judged by the owner of the pipe.
    if (helper !== undefined) for (const pipe of pipes) fchownSync(pipe.write, helper.uid, helper.gid);
    return {
      launch: () => launchWithPipes(run, stdin, stdout, stderr),
      discard: () => pipes.forEach(closePipe),
    };
  }

  /** The words that drop rights before the program's own: never more rights, nor more groups, than asked for. */
  async #helper(user: NonNullable<Command['user']>): Promise<{ args: string[]; uid: number; gid: number }> {
    if (this.#setpriv === undefined) throw new LaunchError('EHELPER', 'setpriv is missing: rights cannot be dropped');
    const { uid = process.getuid?.() ?? 0 } = user;
    const entry = user.uid === undefined ? undefined : await findUser(user.uid);
    const gid = user.gid ?? entry?.gid;
    if (gid === undefined) throw new LaunchError('EPRIVILEGE', `there is no user ${uid}, and no gid is given`);
    const groups = entry === undefined ? '--clear-groups' : '--init-groups';
    return { args: [this.#setpriv, `--reuid=${uid}`, `--regid=${gid}`, groups, '--'], uid, gid };
  }
}

interface Run {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly helper: string | undefined;
}

function launchWithPipes(run: Run, stdin: Pipe, stdout: Pipe, stderr: Pipe): Launched {
  let child: ChildProcess | undefined;
  try {
    child = spawnIn(run, [stdin.read, stdout.write, stderr.write]);
    const launched = {
      child,
      stdout: new Socket({ fd: stdout.read, readable: true, writable: false }),
      stderr: new Socket({ fd: stderr.read, readable: true, writable: false }),
      helper: run.helper,
      closeStdin: once(() => closeSync(stdin.write)),
    };
    for (const end of [stdin.read, stdout.write, stderr.write]) closeSync(end);
    return launched;
  } catch (error) {
    // A process of which nobody knows must not live.
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    [stdin, stdout, stderr].forEach(closePipe);
    throw error;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function launchWithSockets(run: Run): Launched {
  const child = spawnIn(run, ['pipe', 'pipe', 'pipe']);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('asked for three pipes');
  stdin.on('error', () => undefined);
  return { child, stdout, stderr, helper: run.helper, closeStdin: () => void stdin.destroy() };
}

function spawnIn(run: Run, stdio: (number | 'pipe')[]): ChildProcess {
  const [file = '', ...rest] = run.args;
  return spawn(file, rest, { env: run.environment, stdio, detached: true });
}
