import { closeSync, fchownSync } from 'node:fs';
import { constants } from 'node:os';
import type { Exit } from '../../machines/index.js';
import { findExecutable } from './executable.js';
import { grant, type Granted } from './grant.js';
import { readUnlessHanded, withHandedFiles } from './handed-files.js';
import { LaunchError, type Command, type Exited, type Launched, type Launcher, type Prepared } from './launcher.js';
import { loadNativeLibc, type NativeLibc, type NativeStart } from './native-libc.js';
import { closePipe, type Pipe } from './pipes.js';
import { SpawningThread } from './spawning-thread.js';
import { markOfDescriptor } from './stdin-mark.js';

/** From which descriptor on processes are started in a thread that does not have them all, and how that is made. */
export interface Crowding {
  readonly from: number;
  readonly open: (failed: (error: Error) => void) => SpawningThread;
}

/** Whoever is told of an end answers it at once: a thousand that end together would stop everything else for 0.2 s. */
const sliceMs = 10;
/** Enough for a thousand programs; the table takes 33 KB. */
const leastRoom = 4_096;
const usualCrowding: Crowding = { from: 6_000, open: (failed) => new SpawningThread(failed) };

/** Starts processes with `posix_spawn`: as fast whatever the monitor's own size is. */
export class NativeLauncher implements Launcher {
  readonly #libc: NativeLibc;
  /** Our children that were not reaped yet. Node's are its own affair. */
  readonly #children = new Map<number, Exited>();
  /** A child that is not on the list waits to be reaped: perhaps one that is just being started. */
  #sawUnknown = false;
  /** The rest of a crowd is reaped in the next turn. */
  #reapsSoon = false;
  readonly #onChild = () => {
    if (!this.#reapsSoon) this.#reapAll();
  };
  readonly #crowding: Crowding;
  readonly #debug: (remark: string) => void;
  #thread: SpawningThread | undefined;
  /** For how many descriptors there is room, or soon will be; `Infinity`: there may not be more. */
  #room = 0;

  /** Rejects where the C library cannot be had. */
  static async load(debug: (remark: string) => void): Promise<NativeLauncher> {
    return new NativeLauncher(await loadNativeLibc(), debug);
  }

  constructor(libc: NativeLibc, debug: (remark: string) => void, crowding = usualCrowding) {
    this.#libc = libc;
    this.#debug = debug;
    this.#crowding = crowding;
    process.on('SIGCHLD', this.#onChild);
    this.#makeRoomBeyond(0);
  }

  close(): void {
    process.off('SIGCHLD', this.#onChild);
    this.#thread?.close();
  }

  async prepare(command: Command): Promise<Prepared> {
    const granted = await grant(command);
    const pipes = this.#pipes(granted);
    return {
      stdinMark: markOfDescriptor(pipes[0].read),
      launch: (exited, aside) => this.#launch(command, granted, pipes, exited, aside),
      discard: () => pipes.forEach(closePipe),
    };
  }

  /** Three pipes, for standard input, output and error. */
  #pipes({ owner }: Granted): [Pipe, Pipe, Pipe] {
    const made: Pipe[] = [];
    try {
      while (made.length < 3) {
        const pipe = this.#libc.pipe();
        made.push(pipe);
        this.#makeRoomBeyond(pipe.write);
        // Opening /dev/stdout is judged by the owner of the pipe.
        if (owner !== undefined) fchownSync(pipe.write, owner.uid, owner.gid);
      }
      return made as [Pipe, Pipe, Pipe];
    } catch (error) {
      made.forEach(closePipe);
      throw new LaunchError('EPIPES', 'no pipes can be made', { cause: error });
    }
  }

  /** Twice as much and more, well before it is needed. */
  #makeRoomBeyond(descriptor: number): void {
    if (descriptor < this.#room / 2) return;
    this.#room = Math.max(leastRoom, 2 ** Math.ceil(Math.log2(2 * descriptor + 1)));
    this.#libc.makeRoom(this.#room - 1, (isMade) => {
      if (!isMade) this.#room = Infinity;
    });
  }

  async #launch(
    command: Command,
    granted: Granted,
    pipes: [Pipe, Pipe, Pipe],
    exited: Exited,
    aside: boolean,
  ): Promise<Launched> {
    const [stdin, stdout, stderr] = pipes;
    let pid: number | undefined;
    try {
      const launched = await withHandedFiles(command, async (files): Promise<Launched> => {
        const ends = [stdin.read, files.stdout ?? stdout.write, files.stderr ?? stderr.write] as const;
        const child = (pid = await this.#spawn(command, granted, ends, aside));
        return {
          pid: child,
          stdout: readUnlessHanded(stdout, files.stdout, this.#libc.enlarge),
          stderr: readUnlessHanded(stderr, files.stderr, this.#libc.enlarge),
          helper: granted.helper[0],
          signal: (signal) => this.#signal(child, signal),
        };
      });
      for (const end of [stdin.read, stdout.write, stderr.write]) closeSync(end);
      this.#children.set(launched.pid, (exit) => {
        closeSync(stdin.write);
        exited(exit);
      });
      return launched;
    } catch (error) {
      // A process of which nobody knows must not live, nor stay a zombie.
      if (pid !== undefined) {
        process.kill(-pid, 'SIGKILL');
        this.#children.set(pid, () => undefined);
      }
      pipes.forEach(closePipe);
      throw error;
    } finally {
      // It may have ended before its pid was known, and whoever asked for it has to hear of the start first.
      if (this.#sawUnknown) this.#reapSoon();
    }
  }

  async #spawn(
    { args, rights }: Command,
    granted: Granted,
    descriptors: NativeStart['descriptors'],
    aside: boolean,
  ): Promise<number> {
    const words = [...granted.helper, ...args];
    const { directory } = granted;
    const path = findExecutable(words[0] ?? '', granted.environment['PATH']);
    const environment = Object.entries(granted.environment).map(([name, value]) => `${name}=${value}`);
    const start = { path, args: words, environment, descriptors, directory };
    if (rights.umask === undefined) {
      const pid = await this.#threadFor(start)?.start(start);
      if (pid !== undefined) return pid;
      return aside ? this.#libc.spawn(start) : this.#libc.spawnSync(start);
    }
    // It is the whole process's own: nothing else may happen while it is another.
    const before = process.umask(rights.umask);
    try {
      return this.#libc.spawnSync(start);
    } finally {
      process.umask(before);
    }
  }

  #threadFor({ descriptors }: NativeStart): SpawningThread | undefined {
    if (Math.max(...descriptors) < this.#crowding.from) return undefined;
    this.#thread ??= this.#crowding.open(({ message }) => this.#debug(`no thread for starts: ${message}`));
    return this.#thread.isReady ? this.#thread : undefined;
  }

  /** A pid stays its own until it is reaped, and only we reap it. */
  #signal(pid: number, signal: NodeJS.Signals): void {
    if (!this.#children.has(pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      // EPERM: it changed its user.
    }
  }

  // One after the other, and a crowd of them in slices. Where the first is a child of Node's, which reaps it itself, all of
  // ours are asked at once.
  #reapAll(): void {
    const end = performance.now() + sliceMs;
    let pid = this.#libc.peek();
    while (pid !== undefined && this.#reap(pid)) {
      if (performance.now() > end) return this.#reapSoon();
      pid = this.#libc.peek();
    }
    this.#sawUnknown = pid !== undefined;
    if (!this.#sawUnknown) return;
    for (const pid of this.#children.keys()) this.#reap(pid);
  }

  #reapSoon(): void {
    if (this.#reapsSoon) return;
    this.#reapsSoon = true;
    setImmediate(() => {
      this.#reapsSoon = false;
      this.#reapAll();
    });
  }

  #reap(pid: number): boolean {
    const exited = this.#children.get(pid);
    const status = exited === undefined ? undefined : this.#libc.reap(pid);
    if (exited === undefined || status === undefined) return false;
    this.#children.delete(pid);
    exited(exitOf(status));
    return true;
  }
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** What a wait status says: a signal in the low seven bits, or an exit code in the next eight. */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  return { code: null, signal: signalNames.get(signal) ?? `SIG${signal}` };
}
