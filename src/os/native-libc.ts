import { closeSync, constants } from 'node:fs';
import { constants as systemConstants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { loudPipe } from './output-pipe.js';
import type { Pipe } from './pipes.js';

/** What is used of the C library. Numbers are those of Linux on 64 bit. */
export interface NativeLibc {
  /** Starts a process, in another thread: who asks for it waits until the child runs its program. */
  readonly spawn: (start: NativeStart) => Promise<number>;
  /** Starts a process before it returns. */
  readonly spawnSync: (start: NativeStart) => number;
  /**
   * From then on the calling thread has descriptors of its own, copies of those of the process, and gets no signal that is
   * for the process: Node's handler could not write down there that it came.
   */
  readonly setApart: () => void;
  /** A new pipe, both ends closed on exec. */
  readonly pipe: () => Pipe;
  /**
   * Makes room for descriptors up to this number, in another thread; `done`: whether there may be so many.
   *
   * Why: the kernel makes the table of a process's descriptors twice as large when it is full, and whoever asks for one more
   * then waits until no thread can be looking at the old one: 5 to 25 ms, in which the event loop stands still.
   */
  readonly makeRoom: (descriptor: number, done: (isMade: boolean) => void) => void;
  /** Makes a pipe larger, for a program that says much; where that is not allowed it stays as it is. */
  readonly enlarge: (descriptor: number) => void;
  /** A child that ended and was not reaped yet, left as it is; `undefined` when there is none. */
  readonly peek: () => number | undefined;
  /** Reaps that child: its wait status, or `undefined` while it lives. */
  readonly reap: (pid: number) => number | undefined;
}

/** A leader of a session of its own, with default signals, and these three descriptors as 0, 1, 2. */
export interface NativeStart {
  readonly path: string;
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly descriptors: readonly [number, number, number];
  readonly directory: string | undefined;
  /** The process whose they are, for a thread that does not have them. Default: the one that calls. */
  readonly descriptorsOf?: number;
}

const flags = { setSignalDefaults: 0x04, setSignalMask: 0x08, setSession: 0x80 };
const { O_RDONLY, O_WRONLY, O_APPEND, O_NOCTTY } = constants;
const reading = O_RDONLY | O_NOCTTY;
const appending = O_WRONLY | O_APPEND | O_NOCTTY;
const closeOnExec = 0o2000000;
const cloneFiles = 0x400;
const setMask = 2;
const { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGPROF } = systemConstants.signals;
/** What a thread gets for what it does itself, and from a profiler. */
const ofThreads = [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGPROF];
const duplicateFrom = 1030; // closed on exec
const setPipeSize = 1031;
const getPipeSize = 1032;
const waitNoHang = 1;
const waitExited = 4;
const waitNoReap = 0x01000000;
const anyChild = 0;
const pidInSiginfo = 16;

/**
 * Loads the C library through koffi. Throws where it cannot be had: koffi is optional, and this is glibc on 64-bit Linux.
 *
 * Why: Node's own spawn forks, which takes as long as the page tables of the monitor are large (1 ms at 50 MB, 4 ms at
 * 150 MB); `posix_spawn` shares them until the exec, and takes 0.6 ms at any size.
 */
export async function loadNativeLibc(): Promise<NativeLibc> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) throw new Error('not 64-bit Linux');
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const define = (prototype: string) => libc.func(prototype) as NativeFunction;
  const c = {
    spawn: define('int posix_spawn(_Out_ int *, const char *, void *, void *, const char **, const char **)'),
    actionsInit: define('int posix_spawn_file_actions_init(void *)'),
    actionsDestroy: define('int posix_spawn_file_actions_destroy(void *)'),
    actionsDup: define('int posix_spawn_file_actions_adddup2(void *, int, int)'),
    actionsOpen: define('int posix_spawn_file_actions_addopen(void *, int, const char *, int, unsigned int)'),
    actionsChdir: define('int posix_spawn_file_actions_addchdir_np(void *, const char *)'),
    attributesInit: define('int posix_spawnattr_init(void *)'),
    attributesFlags: define('int posix_spawnattr_setflags(void *, short)'),
    attributesDefaults: define('int posix_spawnattr_setsigdefault(void *, void *)'),
    attributesMask: define('int posix_spawnattr_setsigmask(void *, void *)'),
    sigmask: define('int pthread_sigmask(int, void *, void *)'),
    unshare: define('int unshare(int)'),
    pipe2: define('int pipe2(_Out_ int *, int)'),
    fcntl: define('int fcntl(int, int)'),
    // Without its dots, so that it can be called in another thread: on these machines a number is handed over the same way.
    fcntlNumber: define('int fcntl(int, int, int)'),
    waitid: define('int waitid(int, int, void *, int)'),
    waitpid: define('int waitpid(int, _Out_ int *, int)'),
  };

  // Larger than these types are anywhere.
  const attributes = Buffer.alloc(1024);
  // By hand: sigfillset(3) leaves out the two signals of the library itself, and those a child would then ignore.
  const [all, none] = [Buffer.alloc(256, 0xff), Buffer.alloc(256)];
  c.attributesInit(attributes);
  c.attributesDefaults(attributes, all);
  c.attributesMask(attributes, none);
  c.attributesFlags(attributes, flags.setSignalDefaults | flags.setSignalMask | flags.setSession);
  const siginfo = Buffer.alloc(256);

  const prepareSpawn = ({ path, args, environment, descriptors, directory, descriptorsOf }: NativeStart) => {
    const actions = Buffer.alloc(512);
    c.actionsInit(actions);
    descriptors.forEach((descriptor, target) => {
      if (descriptorsOf === undefined) c.actionsDup(actions, descriptor, target);
      else
        c.actionsOpen(
          actions,
          target,
          `/proc/${descriptorsOf}/fd/${descriptor}`,
          target === 0 ? reading : appending,
          0,
        );
    });
    if (directory !== undefined) c.actionsChdir(actions, directory);
    const pid = [0];
    return {
      words: [pid, path, actions, attributes, [...args, null], [...environment, null]] as const,
      pidAfter: (errno: number) => {
        c.actionsDestroy(actions);
        if (errno !== 0) throw systemError('posix_spawn', errno);
        return pid[0] ?? 0;
      },
    };
  };

  return {
    spawn: (start) =>
      new Promise((resolve, reject) => {
        const { words, pidAfter } = prepareSpawn(start);
        c.spawn.async(...words, (error, errno) => {
          try {
            if (error !== null) throw error;
            resolve(pidAfter(errno));
          } catch (reason) {
            reject(reason);
          }
        });
      }),
    spawnSync: (start) => {
      const { words, pidAfter } = prepareSpawn(start);
      return pidAfter(c.spawn(...words));
    },
    setApart: () => {
      const mask = Buffer.alloc(256, 0xff);
      const kept = ofThreads.reduce((bits, signal) => bits | (1n << BigInt(signal - 1)), 0n);
      mask.writeBigUInt64LE(BigInt.asUintN(64, ~kept));
      if (c.sigmask(setMask, mask, null) !== 0) throw new Error('the signals of a thread cannot be set');
      if (c.unshare(cloneFiles) !== 0) throw systemError('unshare', koffi.errno());
    },
    pipe: () => {
      const ends = [0, 0];
      if (c.pipe2(ends, closeOnExec) !== 0) throw systemError('pipe2', koffi.errno());
      const [read = 0, write = 0] = ends;
      return { read, write };
    },
    makeRoom: (descriptor, done) => {
      c.fcntlNumber.async(0, duplicateFrom, descriptor, (_error, duplicate) => {
        if (duplicate >= 0) closeSync(duplicate);
        done(duplicate >= 0);
      });
    },
    enlarge: (descriptor) => {
      if (c.fcntl(descriptor, getPipeSize) < loudPipe) c.fcntlNumber(descriptor, setPipeSize, loudPipe);
    },
    peek: () => {
      siginfo.fill(0);
      if (c.waitid(anyChild, 0, siginfo, waitExited | waitNoHang | waitNoReap) !== 0) return undefined;
      return siginfo.readInt32LE(pidInSiginfo) || undefined;
    },
    reap: (pid) => {
      const status = [0];
      return c.waitpid(pid, status, waitNoHang) === pid ? status[0] : undefined;
    },
  };
}

interface NativeFunction {
  (...words: readonly unknown[]): number;
  readonly async: (...words: readonly [...unknown[], (error: Error | null, result: number) => void]) => void;
}

function systemError(call: string, errno: number): Error {
  const [code, words] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  return Object.assign(new Error(`${call}: ${words}`), { code, errno: -errno, syscall: call });
}
