import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { test as forAll, type Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { seeProcess } from '../processes.js';
import { isRoot, mayUnshare } from './circumstances.js';

const asRoot = forAll.skipIf(!isRoot);
const inNamespace = forAll.skipIf(!mayUnshare);

/** It says so when it is itself, and not its helper any more. */
const program = { args: ['sh', '-c', 'echo ready; exec sleep 1000'] };

/** The words of a command that gives the monitor, and what it starts, a passwd database of its own. */
function withUsers(colony: Colony): string[] {
  writeFileSync(join(colony.root, 'passwd'), 'root:x:0:0::/:/bin/sh\nweb:x:4321:4322::/:/bin/sh\n');
  writeFileSync(
    join(colony.root, 'group'),
    'root:x:0:\nweb:x:4322:\nfirst:x:5001:web\nsecond:x:5002:web,other\nthird:x:5003:\n',
  );
  const script = 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, colony.root];
}

/** The words of a command that takes tools away from the monitor. */
function without(...tools: readonly string[]): string[] {
  const script = `${tools.map((tool) => `mount --bind /dev/null "$(command -v ${tool})" && `).join('')}exec "$@"`;
  return ['unshare', '--mount', 'sh', '-c', script, 'sh'];
}

/** What the kernel tells of a process. */
function statusOf(pid: number, key: string): string[] {
  const line = new RegExp(`^${key}:(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean);
}

function rightsOf(pid: number) {
  return {
    uids: [...new Set(statusOf(pid, 'Uid'))].map(Number),
    gids: [...new Set(statusOf(pid, 'Gid'))].map(Number),
    groups: statusOf(pid, 'Groups').map(Number),
    isPowerless: ['CapPrm', 'CapEff', 'CapAmb'].every((set) => /^0+$/.test(statusOf(pid, set)[0] ?? '')),
    umask: statusOf(pid, 'Umask')[0],
  };
}

/** Soft and hard limits of a process by their names in /proc. */
function limitsOf(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/limits`, 'utf8').split('\n').slice(1, -1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, 25).trim(), line.slice(26, 68).trim().split(/\s+/).join(' ')]),
  );
}

async function pidOf(monitor: RunningMonitor, name: string): Promise<number> {
  await monitor.said(name, 'ready');
  return (await monitor.fact('program.started', { name })).pid;
}

describe('as root: a program has the rights that were asked for, and not one more:', () => {
  const noGroups: number[] = [];
  inNamespace('users with their groups, however they are named, and no group of the monitor’s', async ({ colony }) => {
    // The monitor has groups that nobody may keep.
    const monitor = await colony.monitorUnder(['setpriv', '--groups', '0,4,27', ...withUsers(colony)]);
    const cases: [name: string, asked: object, uid: number, gid: number, groups: number[]][] = [
      ['by-uid', { uid: 4321 }, 4321, 4322, [4322, 5001, 5002]],
      ['by-name', { 'ncolony.user': 'web' }, 4321, 4322, [4322, 5001, 5002]],
      ['other-gid', { uid: 4321, gid: 5003 }, 4321, 5003, [5001, 5002, 5003]],
      ['unknown-uid', { uid: 7777, gid: 7778 }, 7777, 7778, noGroups],
      ['gid-only', { gid: 7778 }, 0, 7778, noGroups],
    ];
    for (const [name, asked] of cases) colony.write(name, { ...program, ...asked });
    for (const [name, , uid, gid, groups] of cases) {
      const rights = rightsOf(await pidOf(monitor, name));
      expect({ name, ...rights, groups: rights.groups.toSorted((a, b) => a - b) }).toMatchObject({
        name,
        uids: [uid],
        gids: [gid],
        groups,
        isPowerless: uid !== 0,
      });
    }
  });

  asRoot('a directory is entered with the rights of the user', async ({ colony }) => {
    const [open, closed] = ['open', 'closed'].map((name) => join(colony.root, name)) as [string, string];
    mkdirSync(open);
    mkdirSync(closed, { mode: 0o700 });
    chmodSync(colony.root, 0o755);
    const monitor = await colony.monitor();
    colony.write('may', { ...program, uid: 65_534, 'ncolony.cwd': open });
    colony.write('may-not', { ...program, uid: 65_534, 'ncolony.cwd': closed });
    colony.write('root', { ...program, 'ncolony.cwd': closed });
    expect(readlinkSync(`/proc/${await pidOf(monitor, 'may')}/cwd`)).toBe(open);
    expect(readlinkSync(`/proc/${await pidOf(monitor, 'root')}/cwd`)).toBe(closed);
    const { error } = await monitor.fact('program.failed', { name: 'may-not' });
    expect(error).toEqual({
      code: 'EACCES',
      message: expect.stringContaining(`'${closed}': Permission denied`) as string,
    });
    expect(monitor.saidBy('may-not', 'stdout')).toEqual([]);
  });

  asRoot('what the environment makes a program load or write is not done by root before', async ({ colony }) => {
    chmodSync(colony.root, 0o755);
    const traces = join(colony.root, 'traces');
    mkdirSync(traces);
    chmodSync(traces, 0o777);
    const monitor = await colony.monitor();
    // The loader itself writes a file for each executable that is started with these.
    const env = { LD_DEBUG: 'statistics', LD_DEBUG_OUTPUT: join(traces, 'of') };
    colony.write('web', { ...program, env, uid: 65_534, 'ncolony.limits': { core: 0 } });
    const pid = await pidOf(monitor, 'web');
    const files = readdirSync(traces);
    expect(files).toContain(`of.${pid}`);
    expect(files.filter((file) => statSync(join(traces, file)).uid !== 65_534)).toEqual([]);
    expect(seeProcess(pid)?.environment).toMatchObject(env);
  });

  forAll('umask, and limits by all the names that prlimit has', async ({ colony }) => {
    const monitor = await colony.monitor();
    const limits: Record<string, [value: number | 'unlimited', name: string]> = {
      as: ['unlimited', 'Max address space'],
      core: [0, 'Max core file size'],
      cpu: [1001, 'Max cpu time'],
      data: [10_000_000_000, 'Max data size'],
      fsize: [10_000_001, 'Max file size'],
      locks: [1003, 'Max file locks'],
      memlock: [4096, 'Max locked memory'],
      msgqueue: [4097, 'Max msgqueue size'],
      nice: [0, 'Max nice priority'],
      nofile: [64, 'Max open files'],
      nproc: [200, 'Max processes'],
      rss: [10_000_003, 'Max resident set'],
      rtprio: [0, 'Max realtime priority'],
      rttime: [1_000_004, 'Max realtime timeout'],
      sigpending: [100, 'Max pending signals'],
      stack: [1_000_000, 'Max stack size'],
    };
    const asked = Object.fromEntries(Object.entries(limits).map(([name, [value]]) => [name, value]));
    colony.write('web', { ...program, 'ncolony.umask': '027', 'ncolony.limits': asked });
    const pid = await pidOf(monitor, 'web');
    const expected = Object.values(limits).map(([value, name]) => [name, `${value} ${value}`]);
    expect(
      Object.entries(limitsOf(pid)).map(([name, value]) => [
        name,
        value.replace(/ \D+$/, (unit) => (/unlimited/.test(unit) ? unit : '')),
      ]),
    ).toEqual(expect.arrayContaining(expected));
    expect(rightsOf(pid).umask).toBe('0027');
    // The monitor's own is what it was.
    expect(rightsOf(monitor.pid).umask).toBe(rightsOf(process.pid).umask);
  });

  asRoot('a limit above the monitor’s own is raised before the user is changed', async ({ colony }) => {
    // Only some containers let root go beyond the hard limit.
    const isUnbounded = (BigInt(`0x${statusOf(process.pid, 'CapEff')[0]}`) & (1n << 24n)) !== 0n;
    const limit = isUnbounded ? 8192 : 4096;
    const monitor = await colony.monitorUnder(['prlimit', '--core=512:4096']);
    colony.write('web', { ...program, uid: 65_534, gid: 65_534, 'ncolony.limits': { core: limit } });
    const pid = await pidOf(monitor, 'web');
    expect(limitsOf(pid)['Max core file size']).toContain(`${limit} ${limit}`);
    expect(rightsOf(pid).uids).toEqual([65_534]);
  });

  async function diesWithTheMonitor(colony: Colony, rights: object): Promise<void> {
    const monitor = await colony.monitor();
    colony.write('web', { ...program, ...rights, 'ncolony.pdeathsig': 'SIGKILL' });
    colony.write('other', { ...program, ...rights });
    const [pid, other] = [await pidOf(monitor, 'web'), await pidOf(monitor, 'other')];
    monitor.kill('SIGKILL');
    await monitor.ended;
    await vi.waitFor(() => expect(seeProcess(pid)).toBeUndefined(), { timeout: 5_000, interval: 5 });
    expect(seeProcess(other)).toBeDefined();
  }

  forAll('ncolony.pdeathsig ends a program when the monitor is killed', async ({ colony }) => {
    await diesWithTheMonitor(colony, {});
  });

  asRoot('ncolony.pdeathsig ends a program of another user when the monitor is killed', async ({ colony }) => {
    await diesWithTheMonitor(colony, { uid: 65_534, gid: 65_534 });
  });
});

describe('a right that cannot be given fails the start with its reason, and is tried again:', () => {
  async function failsBy(monitor: RunningMonitor, name: string, code: string, words: RegExp): Promise<void> {
    await monitor.fact('program.starting', { name, starts: 3 });
    const delays = monitor.facts('program.backing-off', { name }).map(({ delay }) => delay);
    expect(delays.slice(0, 2)).toEqual([100, 200]);
    for (const { error } of monitor.facts('program.failed', { name })) {
      expect(error).toEqual({ code, message: expect.stringMatching(words) as string });
    }
    expect(monitor.facts('program.failed', { name }).length).toBeGreaterThan(1);
    expect(monitor.saidBy(name, 'stdout')).toEqual([]);
  }

  inNamespace('as root that may unshare: a helper is missing', async ({ colony }) => {
    const monitor = await colony.monitorUnder(without('setpriv', 'prlimit', 'env'));
    await monitor.record(
      ({ msg }) => msg === 'setpriv is missing: programs cannot be run as another user',
      'a warning',
    );
    colony.write('user', { ...program, uid: 65_534 });
    colony.write('limits', { ...program, 'ncolony.limits': { core: 0 } });
    colony.write('death-signal', { ...program, 'ncolony.pdeathsig': 'SIGTERM' });
    colony.write('plain', program);
    await pidOf(monitor, 'plain');
    await failsBy(monitor, 'user', 'EHELPER', /^setpriv is missing/);
    await failsBy(monitor, 'limits', 'EHELPER', /^prlimit is missing/);
    await failsBy(monitor, 'death-signal', 'EHELPER', /^setpriv is missing/);
  });

  asRoot('as root: there is no such user, or the directory is none', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('name', { ...program, 'ncolony.user': 'no-such-user' });
    colony.write('number', { ...program, uid: 987_654 });
    colony.write('no-directory', { ...program, 'ncolony.cwd': join(colony.root, 'none') });
    colony.write('file', { ...program, 'ncolony.cwd': join(colony.config, 'name') });
    await failsBy(monitor, 'name', 'EPRIVILEGE', /there is no user "no-such-user"/);
    await failsBy(monitor, 'number', 'EPRIVILEGE', /there is no user 987654, and no gid is given/);
    await failsBy(monitor, 'no-directory', 'ENOENT', /there is no such directory/);
    await failsBy(monitor, 'file', 'ENOTDIR', /is not a directory/);
  });

  asRoot('as root: the kernel does not let root change its user', async ({ colony }) => {
    const monitor = await colony.monitorUnder(['setpriv', '--bounding-set=-setuid,-setgid']);
    colony.write('web', { ...program, uid: 65_534, gid: 65_534 });
    await failsBy(monitor, 'web', 'EPRIVILEGE', /^setpriv: .*Operation not permitted/);
  });

  asRoot.for([
    ['native', { code: 'EPIPES', message: 'no pipes can be made: EPERM: operation not permitted, fchown' }],
    ['node', { code: 'EPERM', message: '"sh": operation not permitted' }],
  ] as const)(
    'as root: the kernel does not let root give its pipes away, and none is left open (--spawn %s)',
    async ([spawn, reason], { colony }) => {
      const monitor = await colony.monitorUnder(
        ['setpriv', '--bounding-set=-chown'],
        ['-m', '0.02', '-M', '0.02', '--spawn', spawn],
      );
      colony.write('web', { ...program, uid: 65_534, gid: 65_534 });
      const descriptors = () => readdirSync(`/proc/${monitor.pid}/fd`).length;
      const { error } = await monitor.fact('program.failed', { name: 'web' });
      expect(error).toEqual(reason);
      const before = descriptors();
      await monitor.fact('program.starting', { name: 'web', starts: 50 });
      // Besides a stock of pipes.
      expect(descriptors()).toBeLessThan(before + 100);
    },
  );

  asRoot('as somebody else: a limit may not be raised, and no user be changed', async ({ colony }) => {
    for (const path of [colony.root, colony.config, colony.messages, colony.pids]) chownSync(path, 65_534, 65_534);
    const under = ['prlimit', '--nofile=512:1024', 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const monitor = await colony.monitorUnder(under);
    colony.write('limits', { ...program, 'ncolony.limits': { nofile: 4096 } });
    colony.write('user', { ...program, uid: 0 });
    colony.write('plain', { ...program, 'ncolony.limits': { nofile: 64 } });
    expect(limitsOf(await pidOf(monitor, 'plain'))['Max open files']).toContain('64 64');
    await failsBy(monitor, 'limits', 'EPRIVILEGE', /^prlimit: .*Operation not permitted/);
    const status = await colony.statusLike('user', { state: null });
    expect(status.error).toEqual({
      code: 'EPRIVILEGE',
      message: 'uid: only a monitor that runs as root can run a program as somebody else',
    });
  });
});
