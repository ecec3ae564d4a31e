import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Exit } from '../../../machines/index.js';
import { chooseLauncher } from '../../../src/os/choose-launcher.js';
import { type Command, type Launched, type Launcher, type SpawnKind } from '../../../src/os/launcher.js';
import { NativeLauncher } from '../../../src/os/native-launcher.js';
import { loadNativeLibc } from '../../../src/os/native-libc.js';
import { SpawningThread } from '../../../src/os/spawning-thread.js';
import { seeProcess } from '../../processes.js';

const isRoot = process.geteuid?.() === 0;

/** What whoever started the tests left open in them; a monitor closes such descriptors at its start. */
const strays = new Set(
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
      return Number(fd) > 2 && (Number.parseInt(flags, 8) & 0o2000000) === 0;
    } catch {
      return false;
    }
  }),
);

/** How many pipes, or files whose path begins so, this process has open. */
function openOf(beginning: string): number {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(beginning)).length;
}

/** The native one as it is where thousands of descriptors are open: it starts in a thread that does not have them. */
async function openCrowded(): Promise<Launcher> {
  // As it was built: a thread runs no TypeScript.
  const inside = pathToFileURL(resolve('dist/src/os/inside-spawning-thread.js'));
  const crowding = { from: 0, open: (failed: (error: Error) => void) => new SpawningThread(failed, inside) };
  const launcher = new NativeLauncher(await loadNativeLibc(), (remark) => expect.fail(remark), crowding);
  for (let thread: string | undefined = String(process.pid); thread === String(process.pid);) {
    const prepared = await launcher.prepare({ args: ['cat'], environment: {}, rights: {} });
    await new Promise<void>((exited, reject) => {
      const begin = async () => {
        const { pid, signal } = await prepared.launch(() => exited(), false);
        thread = threadThatStarted(pid);
        signal('SIGKILL');
      };
      begin().catch(reject);
    });
  }
  return launcher;
}

/** The thread of this process whose child that is. */
function threadThatStarted(pid: number): string | undefined {
  const threads = readdirSync('/proc/self/task');
  const isIts = (thread: string) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' ').includes(`${pid}`);
  return threads.find(isIts);
}

interface Kept {
  readonly name: string;
  readonly kind: SpawnKind;
  readonly aside: boolean;
  readonly open?: () => Promise<Launcher>;
}

/** The contract of a launcher, kept by each of them. */
describe.each<Kept>([
  { name: 'the node launcher', kind: 'node', aside: false },
  { name: 'the native launcher', kind: 'native', aside: false },
  { name: 'the native launcher, aside', kind: 'native', aside: true },
  { name: 'the native launcher, among many descriptors', kind: 'native', aside: true, open: openCrowded },
])('$name', ({ kind, aside, open }) => {
  let launcher: Launcher;
  let directory: string;
  const started: Launched[] = [];
  // Pipes in stock may have become more or fewer.
  const spare = kind === 'node' ? 72 : 0;

  beforeAll(async () => {
    launcher = await (open?.() ?? chooseLauncher(kind, () => {}));
    directory = mkdtempSync(join(tmpdir(), 'ncolony-launcher-'));
  });
  afterEach(() => {
    for (const { signal } of started.splice(0)) signal('SIGKILL');
  });
  afterAll(() => {
    launcher.close();
    rmSync(directory, { recursive: true });
  });

  async function launch(args: readonly string[], more: Partial<Command> = {}) {
    const prepared = await launcher.prepare({ args, environment: { PATH: '/bin:/usr/bin' }, rights: {}, ...more });
    let exited: (exit: Exit) => void = () => undefined;
    const exit = new Promise<Exit>((resolve) => (exited = resolve));
    const launched = await prepared.launch((how) => exited(how), aside);
    started.push(launched);
    return { launched, exit };
  }

  /** What a command says on standard output until it ends. */
  async function said(args: readonly string[], more: Partial<Command> = {}): Promise<string> {
    const { launched, exit } = await launch(args, more);
    const [words] = await Promise.all([text(launched.stdout!), exit]);
    return words;
  }

  const sh = (script: string) => ['sh', '-c', script];

  /** The code with which a start fails, whether it is thrown or told. */
  async function failureOf(args: readonly string[], more: Partial<Command> = {}): Promise<unknown> {
    const failure: unknown = await launch(args, more).catch((error: unknown) => error);
    return (failure as NodeJS.ErrnoException | undefined)?.code;
  }

  test('gives exactly the environment that it is told', async () => {
    const environment = { PATH: '/bin:/usr/bin', A: '1', B: 'two words', C: '', D: 'ünïcode' };
    const words = await said(['env'], { environment });
    expect(
      words
        .trim()
        .split('\n')
        .sort((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['A=1', 'B=two words', 'C=', 'D=ünïcode', 'PATH=/bin:/usr/bin']);
  });

  test('passes arguments as they are', async () => {
    expect(await said(['printf', '%s|', '', 'a b', '"', '$HOME', 'ü'])).toBe('|a b|"|$HOME|ü|');
  });

  test('gives a session and a group of its own', async () => {
    const { launched } = await launch(['sleep', '100']);
    const { pid } = launched;
    expect(seeProcess(pid)).toMatchObject({ session: pid, group: pid });
  });

  test('leaves no signal ignored or blocked', async () => {
    const words = await said(['grep', '-E', '^Sig(Blk|Ign):', '/proc/self/status']);
    expect(words.match(/0{16}$/gm)).toHaveLength(2);
  });

  test('hands on three descriptors and no other', async () => {
    const { launched } = await launch(['sleep', '100']);
    const given = () => readdirSync(`/proc/${launched.pid}/fd`).filter((fd) => !strays.has(fd));
    // The exec lets go of us a moment before it closes what is to be closed.
    await expect.poll(given).toEqual(['0', '1', '2']);
  });

  test.runIf(open === openCrowded)('starts in a thread that has none of our descriptors', async () => {
    const { launched } = await launch(['sleep', '100']);
    const thread = threadThatStarted(launched.pid);
    const targets = readdirSync(`/proc/self/task/${thread}/fd`)
      .filter((descriptor) => Number(descriptor) > 2)
      .map((descriptor) => readlinkSync(`/proc/self/task/${thread}/fd/${descriptor}`));
    expect(thread).not.toBe(String(process.pid));
    expect(targets.filter((target) => !/^anon_inode:\[(?:eventfd|eventpoll|io_uring)\]$/.test(target))).toEqual([]);
  });

  test('keeps standard input open and silent', async () => {
    const { launched, exit } = await launch(['cat']);
    const first = await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 100, 'still there'))]);
    expect(first).toBe('still there');
    launched.signal('SIGTERM');
    expect(await exit).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('gives real pipes: /dev/stdout and /dev/stderr can be opened', async () => {
    const { launched, exit } = await launch(sh('echo out > /dev/stdout; echo err > /dev/stderr'));
    const words = await Promise.all([text(launched.stdout!), text(launched.stderr!), exit]);
    expect(words.slice(0, 2)).toEqual(['out\n', 'err\n']);
  });

  test.runIf(kind === 'native')('gives a loud program a larger pipe than others have', async () => {
    const { launched } = await launch(['head', '-c', '10000000', '/dev/zero']);
    const chunks: number[] = [];
    launched.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk.length);
      // Slower than it speaks.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    });
    await once(launched.stdout!, 'close');
    expect(Math.max(...chunks)).toBeGreaterThan(64 * 1024);
    expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(10_000_000);
  });

  test('tells how it ended', async () => {
    expect(await (await launch(sh('exit 7'))).exit).toEqual({ code: 7, signal: null });
    expect(await (await launch(sh('kill -USR1 $$'))).exit).toEqual({ code: null, signal: 'SIGUSR1' });
  });

  test('tells of every one of many that end at once', async () => {
    const exits = await Promise.all(Array.from({ length: 40 }, async () => (await launch(sh('exit 3'))).exit));
    expect(exits).toEqual(Array.from({ length: 40 }, () => ({ code: 3, signal: null })));
  });

  test('looks the executable up in the PATH of the command, else in /bin and /usr/bin', async () => {
    writeFileSync(join(directory, 'mine'), '#!/bin/sh\necho found\n', { mode: 0o755 });
    expect(await said(['mine'], { environment: { PATH: `/nowhere:${directory}` } })).toBe('found\n');
    expect(await failureOf(['mine'])).toBe('ENOENT');
    expect(await said(['echo', 'x'], { environment: {} })).toBe('x\n');
  });

  test.each([
    ['ENOENT', ['no-such-command']],
    ['ENOENT', ['/no/such/command']],
    ['EACCES', ['/etc/passwd']],
    ['ENOTDIR', ['/etc/passwd/command']],
    ['E2BIG', ['true', 'x'.repeat(200_000)]],
  ])('%s is told by its code', async (code, args) => {
    expect(await failureOf(args)).toBe(code);
  });

  test('runs where it is told, and says where that cannot be', async () => {
    expect(await said(['pwd'], { rights: { directory } })).toBe(`${directory}\n`);
    expect(await failureOf(['pwd'], { rights: { directory: '/nowhere' } })).toBe('ENOENT');
    expect(await failureOf(['pwd'], { rights: { directory: '/etc/passwd' } })).toBe('ENOTDIR');
  });

  test('gives the umask to the child alone', async () => {
    const own = process.umask();
    expect(await said(sh('umask'), { rights: { umask: 0o137 } })).toBe('0137\n');
    expect(process.umask()).toBe(own);
  });

  test('gives limits', async () => {
    expect(await said(sh('ulimit -n'), { rights: { limits: { nofile: 321 } } })).toBe('321\n');
  });

  test.runIf(isRoot)('drops to a user with its groups, who can open its own output', async () => {
    const rights = { user: { uid: 65_534, gid: 65_534 } };
    expect(await said(sh('id -u; id -g; id -G; echo x > /dev/stdout'), { rights })).toBe('65534\n65534\n65534\nx\n');
  });

  test('hands a file over in place of a pipe, and closes its own descriptor of it', async () => {
    const path = join(directory, 'output');
    const before = openOf('pipe:');
    const handOver = (stream: string) => (stream === 'stdout' ? openSync(path, 'a') : undefined);
    const { launched, exit } = await launch(sh('echo out; echo err >&2'), { handOver });
    expect(launched.stdout).toBeUndefined();
    expect(await text(launched.stderr!)).toBe('err\n');
    await exit;
    expect(readFileSync(path, 'utf8')).toBe('out\n');
    expect(await failureOf(['no-such-command'], { handOver })).toBe('ENOENT');
    expect(openOf(directory)).toBe(0);
    await vi.waitFor(() => expect(openOf('pipe:')).toBeLessThanOrEqual(before + spare));
  });

  test('leaves no descriptor behind, whether it starts, fails or is discarded', async () => {
    await said(['true']);
    const before = openOf('pipe:');
    // More often than there may be spare ones.
    for (let round = 0; round < 80; round++) {
      await said(['true']);
      await failureOf(['no-such-command']);
      (await launcher.prepare({ args: ['true'], environment: {}, rights: {} })).discard();
    }
    await vi.waitFor(() => expect(openOf('pipe:')).toBeLessThanOrEqual(before + spare));
  });
});
