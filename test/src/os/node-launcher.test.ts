import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Exit } from '../../../machines/index.js';
import type { Command, Launched } from '../../../src/os/launcher.js';
import { NodeLauncher } from '../../../src/os/node-launcher.js';
import type { Rights } from '../../../src/protocol/rights.js';
import { endForGood, seeProcess } from '../../processes.js';
import { scratch } from '../scratch.js';

vi.mock('node:child_process', { spy: true });

const isRoot = process.getuid?.() === 0;
const openDescriptors = () => readdirSync('/proc/self/fd').length;

interface Running {
  readonly launched: Launched;
  readonly exited: Promise<Exit>;
}

const started: Launched[] = [];
let launcher: NodeLauncher;

beforeEach(() => void (launcher = new NodeLauncher()));

afterEach(() => {
  for (const { pid } of started.splice(0)) endForGood(-pid);
  launcher.close();
});

interface Options {
  readonly environment?: NodeJS.ProcessEnv;
  readonly rights?: Rights;
  readonly handOver?: NonNullable<Command['handOver']>;
}

/** Launches; rejects where the process could not be made. */
async function launch(
  args: readonly string[],
  { environment = {}, rights = {}, ...more }: Options = {},
): Promise<Running> {
  const prepared = await launcher.prepare({ args, environment, rights, ...more });
  let exit: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((done) => (exit = done));
  const launched = await prepared.launch((how) => exit(how), false);
  started.push(launched);
  return { launched, exited };
}

/** What a program says, when it has ended by itself. */
async function outputOf(args: readonly string[], options: Options = {}): Promise<{ out: string; err: string }> {
  const { launched, exited } = await launch(args, options);
  const [out, err] = await Promise.all([text(launched.stdout!), text(launched.stderr!), exited]);
  return { out, err };
}

// The contract of every launcher is in launcher.test.ts. Here is what this one has of its own.

describe.each([
  ['pipes', undefined],
  ['sockets, where there is no mkfifo', null],
] as const)('with %s', (_kind, mkfifo) => {
  beforeEach(() => void (launcher = new NodeLauncher(mkfifo)));

  test('a process for which there are no descriptors is a failed start', async () => {
    // The first start of all opens more than its own.
    await outputOf(['true']);
    const before = openDescriptors();
    vi.mocked(spawn).mockImplementationOnce(() => {
      // What Node returns then: it has no streams, and tells why in the next tick.
      const child = new EventEmitter();
      process.nextTick(() => child.emit('error', Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' })));
      return child as ChildProcess;
    });
    await expect(launch(['sleep', '1000'])).rejects.toMatchObject({ code: 'EMFILE' });
    await vi.waitFor(() => expect(openDescriptors()).toBeLessThanOrEqual(before), { interval: 5, timeout: 5_000 });
  });

  test('the environment is exactly what was given', async () => {
    const environment = { A: 'a b\nc=d', EMPTY: '' };
    const { launched } = await launch(['sleep', '1000'], { environment });
    expect(seeProcess(launched.pid)).toMatchObject({ command: ['sleep', '1000'], environment });
    expect(Object.keys(seeProcess(launched.pid)!.environment)).toEqual(['A', 'EMPTY']);
  });

  test('the process leads a session and a group of its own', async () => {
    const { launched } = await launch(['sleep', '1000']);
    const { pid } = launched;
    expect(seeProcess(pid)).toMatchObject({ pid, session: pid, group: pid, parent: process.pid });
  });

  test('it has its three streams and no other descriptor of ours', async () => {
    const { launched } = await launch(['sleep', '1000']);
    const strays = strayDescriptors();
    const descriptors = readdirSync(`/proc/${launched.pid}/fd`).filter((name) => !strays.includes(name));
    expect(descriptors).toEqual(['0', '1', '2']);
  });

  test('no signal is ignored or blocked', async () => {
    process.on('SIGUSR2', () => undefined);
    const { launched } = await launch(['sleep', '1000']);
    const status = readFileSync(`/proc/${launched.pid}/status`, 'latin1');
    for (const field of ['SigBlk', 'SigIgn', 'SigCgt']) expect(status).toMatch(new RegExp(`^${field}:\\t0+$`, 'm'));
    process.removeAllListeners('SIGUSR2');
  });

  test('standard input never ends while it lives', async () => {
    const { launched, exited } = await launch(['cat']);
    launched.signal('SIGTERM');
    expect(await exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('what it says is heard on two streams, and its exit is told', async () => {
    const { launched, exited } = await launch(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(await Promise.all([text(launched.stdout!), text(launched.stderr!)])).toEqual(['out\n', 'err\n']);
    expect(await exited).toEqual({ code: 3, signal: null });
  });

  test('a file that is handed over is its standard error', async () => {
    const path = join(scratch(), 'output');
    const handOver = (stream: string) => (stream === 'stderr' ? openSync(path, 'a') : undefined);
    const { launched, exited } = await launch(['sh', '-c', 'echo out; echo err >&2'], { handOver });
    expect(launched.stderr).toBeUndefined();
    expect(await text(launched.stdout!)).toBe('out\n');
    await exited;
    expect(readFileSync(path, 'utf8')).toBe('err\n');
  });

  test('nothing is held open of a process that has ended', async () => {
    await outputOf(['true']);
    launcher.close();
    const before = openDescriptors();
    launcher = new NodeLauncher(mkfifo);
    for (let index = 0; index < 3; index++) await outputOf(['true']);
    launcher.close();
    // Sockets of the process before may still have been closing when they were counted.
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test('nothing is held open of a start that was discarded or failed', async () => {
    const before = openDescriptors();
    const prepared = await launcher.prepare({ args: ['true'], environment: {}, rights: {} });
    prepared.discard();
    await expect(launch(['/no/such/program'])).rejects.toThrow(/ENOENT|E2BIG/);
    await expect(launch(['true', 'x'.repeat(200_000)])).rejects.toThrow(/ENOENT|E2BIG/);
    launcher.close();
    expect(openDescriptors()).toBe(before);
  });

  test.for<[code: string, what: string, args: (plainFile: string) => string[]]>([
    ['ENOENT', 'a program that is not there', () => ['/no/such/program']],
    ['ENOENT', 'a name that is not in its PATH', () => ['no-such-program']],
    ['EACCES', 'a file that is not executable', (plainFile) => [plainFile]],
    ['ENOTDIR', 'a path through a file', (plainFile) => [`${plainFile}/program`]],
    ['E2BIG', 'an argument that is too long', () => ['true', 'x'.repeat(200_000)]],
  ])('%s for %s', async ([code, , args]) => {
    const plainFile = join(scratch(), 'plain-file');
    writeFileSync(plainFile, '');
    await expect(launch(args(plainFile))).rejects.toMatchObject({ code });
  });
});

describe.runIf(isRoot)('the rights of another user', () => {
  /** Who a process is, from the kernel, when it has become this program. */
  async function identityOf(pid: number, name: string) {
    const status = () => readFileSync(`/proc/${pid}/status`, 'latin1');
    await vi.waitFor(() => expect(status()).toContain(`Name:\t${name}\n`), { interval: 2, timeout: 5_000 });
    const numbers = (field: string) => new RegExp(`^${field}:\\t(.*?) *$`, 'm').exec(status())?.[1]?.split(/\s/);
    return { uid: numbers('Uid'), gid: numbers('Gid'), groups: numbers('Groups')?.filter(Boolean) };
  }

  const four = (id: number | string) => Array.from({ length: 4 }, () => String(id));

  test('are uid and gid, without any group of ours', async () => {
    const { launched } = await launch(['sleep', '1000'], { rights: { user: { uid: 4242, gid: 4243 } } });
    expect(await identityOf(launched.pid, 'sleep')).toEqual({ uid: four(4242), gid: four(4243), groups: [] });
  });

  test('are those of the passwd database, with the supplementary groups', async () => {
    const [name = ''] = usersWithGroups();
    const id = (flag: string) => execFileSync('id', [flag, name], { encoding: 'utf8' }).trim();
    const uid = Number(id('-u'));
    for (const user of [{ uid }, { name }]) {
      const { launched } = await launch(['sleep', '1000'], { rights: { user } });
      const { groups, ...ids } = await identityOf(launched.pid, 'sleep');
      expect(ids).toEqual({ uid: four(uid), gid: four(id('-g')) });
      expect(groups?.sort()).toEqual(id('-G').split(' ').sort());
    }
  });

  test('include opening its own /dev/stdout and /dev/stderr', async () => {
    const script = 'echo x > /dev/stdout; echo y > /dev/stderr';
    const { out, err } = await outputOf(['sh', '-c', script], { rights: { user: { uid: 65534, gid: 65534 } } });
    expect({ out, err }).toEqual({ out: 'x\n', err: 'y\n' });
  });

  test('keep the pid, the session and the environment', async () => {
    const { launched } = await launch(['sleep', '1000'], {
      environment: { A: 'a' },
      rights: { user: { uid: 65534 } },
    });
    await identityOf(launched.pid, 'sleep');
    const { pid } = launched;
    expect(seeProcess(pid)).toMatchObject({ pid, session: pid, command: ['sleep', '1000'], environment: { A: 'a' } });
  });

  test.for([
    ['a uid that nobody has, without a gid', { uid: 987_654 }],
    ['a name that nobody has', { name: 'no-such-user' }],
  ] as const)('cannot be given for %s', async ([, user]) => {
    await expect(launch(['true'], { rights: { user } })).rejects.toMatchObject({ code: 'EPRIVILEGE' });
  });
});

/** What whoever started these tests left open for everybody. */
function strayDescriptors(): string[] {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1] ?? '';
      return Number(name) > 2 && (Number.parseInt(flags, 8) & 0o2000000) === 0;
    } catch {
      return false;
    }
  });
}

/** Users of this system with more groups than their own first, and after them any. */
function usersWithGroups(): string[] {
  const members = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(':')[3]?.split(',') ?? []);
  return [...members.filter((name) => name !== '' && name !== 'root'), 'nobody'];
}
