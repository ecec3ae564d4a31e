import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { test as forAll, type Colony } from '../blackbox/colony.js';
import { ncolony } from '../blackbox/command.js';
import { isRoot } from './circumstances.js';

const test = forAll.skipIf(!isRoot);

/** Somebody who is not root. */
const stranger = 65_534;
const stays = { args: ['sleep', '1000'] };
const options = ['config', 'messages', 'pid', 'logs'] as const;
type Directories = Record<(typeof options)[number], string>;

/** A directory of root's that nobody else can write. */
const fresh = (within: string) => mkdtempSync(join(within, 'fresh-'));

const everybodyMayWrite = (path: string) => chmodSync(path, 0o777);

function freshDirectories(colony: Colony, changes: Partial<Directories> = {}): Directories {
  const { root } = colony;
  return { config: fresh(root), messages: fresh(root), pid: fresh(root), logs: fresh(root), ...changes };
}

const words = (directories: Partial<Directories>) =>
  Object.entries(directories).flatMap(([option, path]) => [`--${option}`, path]);

/** What a monitor says that does not start. */
async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ncolony(['monitor', ...args]);
  expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 1, stdout: '', lines: 1 });
  return stderr;
}

function stickyDirectory(colony: Colony): string {
  const path = fresh(colony.root);
  chmodSync(path, 0o1777);
  return path;
}

function linkOf(owner: number, path: string, target: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
  lchownSync(path, owner, owner);
}

describe('as root: a monitor of root exits 1, in clear words,', () => {
  test.for(options)('where a non-root user could write --%s', async (option, { colony }) => {
    const path = fresh(colony.root);
    const directories = words(freshDirectories(colony, { [option]: path }));
    const line = (fault: string) =>
      `ncolony: --${option}: ${path} ${fault}: a monitor of root does not use it (see --trust-directories)\n`;

    everybodyMayWrite(path);
    expect(await refusal(...directories)).toBe(line('can be written by everybody'));
    chownSync(path, 0, stranger);
    chmodSync(path, 0o775);
    expect(await refusal(...directories)).toBe(line(`can be written by group ${stranger}`));
    chownSync(path, stranger, 0);
    chmodSync(path, 0o755);
    expect(await refusal(...directories)).toBe(line(`belongs to user ${stranger}`));
  });

  test('where a non-root user could put another directory in its place, or another log or pid file', async ({
    colony,
  }) => {
    const above = fresh(colony.root);
    everybodyMayWrite(above);
    const fault = `${above} can be written by everybody`;
    for (const option of options) {
      const directories = freshDirectories(colony, { [option]: fresh(above) });
      expect(await refusal(...words(directories))).toContain(`--${option}: ${fault}`);
    }
    const directories = words(freshDirectories(colony));
    for (const option of ['--logfile', '--pidfile']) {
      expect(await refusal(...directories, option, join(above, 'file'))).toContain(`${option}: ${fault}`);
    }
  });

  test('where a directory is not there yet, and a non-root user could create it first', async ({ colony }) => {
    const sticky = stickyDirectory(colony);
    for (const option of ['pid', 'logs']) {
      const directories = words(freshDirectories(colony, { [option]: join(sticky, 'not', 'yet') }));
      expect(await refusal(...directories)).toContain(`--${option}: ${sticky} can be written by everybody`);
    }
  });

  test('where the way leads through a link of a non-root user, or a link leads to where one could write', async ({
    colony,
  }) => {
    const link = join(stickyDirectory(colony), 'link');
    const target = fresh(colony.root);
    const directories = words(freshDirectories(colony, { config: link }));
    linkOf(stranger, link, target);
    expect(await refusal(...directories)).toContain(`--config: ${link} is a link of user ${stranger}`);

    linkOf(0, link, target);
    everybodyMayWrite(target);
    expect(await refusal(...directories)).toContain(`--config: ${target} can be written by everybody`);
  });
});

test('as root: a sticky directory above, such as /tmp, is accepted, and a link of root’s in it', async ({ colony }) => {
  const sticky = stickyDirectory(colony);
  const link = join(sticky, 'link');
  linkOf(0, link, fresh(sticky));
  const directories = freshDirectories(colony, { config: link, pid: fresh(sticky) });
  await colony.stop(await colony.monitor(...words(directories)));
});

describe('as root: --trust-directories', () => {
  test('waives who may write the directories', async ({ colony }) => {
    colony.write('web', stays);
    chownSync(join(colony.config, 'web'), stranger, stranger);
    for (const path of [colony.config, colony.messages, colony.pids]) everybodyMayWrite(path);
    const monitor = await colony.monitor('--trust-directories');
    await monitor.fact('program.started', { name: 'web' });
  });

  test.for(['', 'rejected'])(
    'never waives that .ncolony/%s is root’s own, no link, and written by nobody else',
    async (name, { colony }) => {
      await colony.stop(await colony.monitor());
      const path = join(colony.messages, '.ncolony', name);
      const start = ['--trust-directories', '--config', colony.config, '--messages', colony.messages];

      chmodSync(path, 0o720);
      expect(await refusal(...start)).toBe(`ncolony: ${path.replace(/\/$/, '')}: can be written by others\n`);
      chmodSync(path, 0o702);
      expect(await refusal(...start)).toContain(': can be written by others');
      chmodSync(path, 0o755);
      await colony.stop(await colony.monitor('--trust-directories'));
      expect(lstatSync(path).mode & 0o777).toBe(0o700);

      chownSync(path, stranger, 0);
      expect(await refusal(...start)).toContain(': belongs to somebody else');
      chownSync(path, 0, 0);

      const elsewhere = join(colony.root, 'elsewhere');
      renameSync(path.replace(/\/$/, ''), elsewhere);
      symlinkSync(elsewhere, path.replace(/\/$/, ''));
      expect(await refusal(...start)).toContain(': is not a directory');
    },
  );
});

test('as root: files of others are rejected one by one, and all others are obeyed', async ({ colony }) => {
  const monitor = await colony.monitor();
  await colony.settled(monitor);
  const files: [name: string, path: string, spoil: (path: string) => void][] = [
    ['theirs', colony.config, (path) => chownSync(path, stranger, 0)],
    ['of-all', colony.config, (path) => chmodSync(path, 0o666)],
    ['of-a-group', colony.config, (path) => [chownSync(path, 0, stranger), chmodSync(path, 0o664)]],
    ['theirMessage', colony.messages, (path) => chownSync(path, stranger, 0)],
  ];
  const text = JSON.stringify(stays);
  for (const [name, directory, spoil] of files) {
    const path = join(colony.root, name);
    writeFileSync(path, directory === colony.messages ? '{"type": "RESTART-ALL"}' : text);
    spoil(path);
    renameSync(path, join(directory, name));
  }
  colony.write('web', stays);

  await monitor.fact('program.started', { name: 'web' });
  for (const name of ['theirs', 'of-all', 'of-a-group']) {
    const { error } = await colony.statusLike(name, { state: null });
    expect(error).toMatchObject({ code: 'EOWNER' });
  }
  const judged = await monitor.fact('message.judged', { id: 'theirMessage' });
  expect(judged.outcome).toMatchObject({ kind: 'rejected', error: { code: 'EOWNER' } });
  expect(monitor.facts('program.started')).toHaveLength(1);
});

describe('as root: nothing is written through a planted link:', () => {
  /** A file that must stay as it is. */
  function victimOf(colony: Colony): { readonly path: string; readonly isUntouched: () => void } {
    const path = join(colony.root, 'victim');
    writeFileSync(path, 'untouched\n', { mode: 0o600 });
    const { ino } = lstatSync(path);
    return {
      path,
      isUntouched: () => {
        expect(readFileSync(path, 'utf8')).toBe('untouched\n');
        expect(lstatSync(path)).toMatchObject({ ino, uid: 0 });
        expect(lstatSync(path).mode & 0o777).toBe(0o600);
      },
    };
  }

  test('a program’s log and pid file', async ({ colony }) => {
    const victim = victimOf(colony);
    const logs = fresh(colony.root);
    everybodyMayWrite(logs);
    everybodyMayWrite(colony.pids);
    linkOf(stranger, join(logs, 'web.log'), victim.path);
    linkOf(stranger, join(colony.pids, 'web'), victim.path);
    const monitor = await colony.monitor('--trust-directories', '--logs', logs);
    colony.write('web', { args: ['sh', '-c', 'echo said; exec sleep 1000'] });
    const { pid } = await monitor.fact('program.started', { name: 'web' });
    await monitor.record(
      ({ msg }) => msg.startsWith(`${join(logs, 'web.log')}: output is being lost (ELOOP`),
      'a loss',
    );
    await colony.pidFileOf('web', pid);
    expect(lstatSync(join(colony.pids, 'web')).isFile()).toBe(true);

    linkOf(stranger, join(colony.pids, 'web'), victim.path);
    colony.remove('web');
    await monitor.fact('program.stopped', { name: 'web' });
    expect(colony.pidFiles()).toEqual([]);
    victim.isUntouched();
  });

  test('nor does a planted fifo in the place of a log hold up the monitor', async ({ colony }) => {
    const logs = fresh(colony.root);
    execFileSync('mkfifo', [join(logs, 'web.log')]);
    const monitor = await colony.monitor('--logs', logs);
    colony.write('web', { args: ['sh', '-c', 'echo said; exec sleep 1000'] });
    await monitor.record(({ msg }) => msg.startsWith(`${join(logs, 'web.log')}: output is being lost`), 'a loss');
    await colony.settled(monitor);
  });

  test('the monitor’s own log and pid file', async ({ colony }) => {
    const victim = victimOf(colony);
    const directory = stickyDirectory(colony);
    const [logfile, pidfile] = [join(directory, 'log'), join(directory, 'pid')];
    const directories = ['--config', colony.config, '--messages', colony.messages];
    linkOf(stranger, logfile, victim.path);
    expect(await refusal(...directories, '--trust-directories', '--logfile', logfile)).toBe(
      `ncolony: ${logfile}: is a link that somebody else made\n`,
    );

    rmSync(logfile);
    linkOf(stranger, pidfile, victim.path);
    const monitor = colony.launch(['--trust-directories', '--logfile', logfile, '--pidfile', pidfile]);
    await vi.waitFor(() => expect(readFileSync(pidfile, 'utf8')).toBe(`${monitor.pid}\n`), { timeout: 10_000 });
    await vi.waitFor(() => expect(readFileSync(logfile, 'utf8')).toContain('watches'), { timeout: 10_000 });

    // Also not when it is opened anew.
    renameSync(logfile, `${logfile}.1`);
    linkOf(stranger, logfile, victim.path);
    linkOf(stranger, pidfile, victim.path);
    monitor.kill('SIGHUP');
    const said = () => readFileSync(`${logfile}.1`, 'utf8');
    await vi.waitFor(() => expect(said()).toContain('is a link that somebody else made'), { timeout: 10_000 });
    await colony.stop(monitor);
    expect(said()).toContain('all programs are stopped');
    victim.isUntouched();
  });

  test('status, replies and rejected messages, though whoever owns the messages directory puts a link there', async ({
    colony,
  }) => {
    const victim = fresh(colony.root);
    const names = ['status', 'replies', 'rejected', 'history'];
    for (const name of names) mkdirSync(join(victim, name));
    chownSync(colony.messages, stranger, stranger);
    const monitor = await colony.monitor('--trust-directories');
    colony.write('web', stays);
    await colony.statusLike('web', { state: 'running' });

    const runtime = join(colony.messages, '.ncolony');
    renameSync(runtime, join(colony.messages, '.away'));
    linkOf(stranger, runtime, victim);
    colony.write('other', stays);
    await monitor.fact('program.running', { name: 'other' });
    colony.send({ type: 'RESTART', name: 'nobody' }, 'cannot');
    await monitor.fact('message.judged', { id: 'cannot' });
    await monitor.record(({ msg }) => msg.includes('supervision goes on'), 'a loss');
    expect(names.flatMap((name) => readdirSync(join(victim, name)))).toEqual([]);

    // Back in its place, it is used again.
    rmSync(runtime);
    renameSync(join(colony.messages, '.away'), runtime);
    await vi.waitFor(() => expect(colony.status('other')).toMatchObject({ state: 'running' }), { timeout: 10_000 });
    await colony.stop(monitor);
    expect(readdirSync(victim).sort()).toEqual([...names].sort());
    expect(names.flatMap((name) => readdirSync(join(victim, name)))).toEqual([]);
  });
});
