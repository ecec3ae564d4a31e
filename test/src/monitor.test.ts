import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createActor, fromCallback, setup, waitFor } from 'xstate';
import {
  memoryOf,
  noLeftovers,
  programMachine,
  supervisorMachine,
  supervisorProcess,
  supervisorWith,
  type ConfigScan,
  type ConfigSynced,
  type Fact,
  type FactsMissed,
  type MessageAnswer,
  type SupervisorMemory,
} from '../../machines/index.js';
import {
  ctl,
  nodeActors,
  nodeProgram,
  parseProgramFile,
  startMonitor,
  type Monitor,
  type NodeActors,
} from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { colonyOf, processesWith } from '../processes.js';

let home: ReturnType<typeof temporaryDirectory>;
let places: { config: string; messages: string };
const ends: (() => Promise<unknown>)[] = [];

const timings = { threshold: 50, killtime: 2_000, minRestartDelay: 50 };
const write = (name: string, content: object) => writeFileSync(join(places.config, name), JSON.stringify(content));
const sleeper = { args: ['sleep', '1000'] };
const processes = () => processesWith('NCOLONY_COLONY', colonyOf(places.messages));

beforeEach(() => {
  home = temporaryDirectory();
  const [config, messages] = ['conf', 'messages'].map((name) => join(home.path, name)) as [string, string];
  places = { config, messages };
  for (const path of [config, messages]) mkdirSync(path);
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  expect(processes()).toEqual([]);
  home.remove();
});

async function monitorOf(more: object = {}): Promise<Monitor> {
  const monitor = await startMonitor({
    ...places,
    timings,
    signals: false,
    logfile: join(home.path, 'log'),
    ...more,
  });
  ends.push(() => monitor.stop());
  return monitor;
}

const isRunning =
  (name: string) =>
  ({ context }: ReturnType<Monitor['actor']['getSnapshot']>) =>
    context.programs.get(name)?.getSnapshot().value === 'running';

describe('the handle of a monitor', () => {
  test('stop() ends everything, and resolves with what done resolves with, however often it is asked', async () => {
    write('web', sleeper);
    const monitor = await monitorOf();
    await waitFor(monitor.actor, isRunning('web'));
    expect(processes()).toHaveLength(1);
    expect(await monitor.stop()).toEqual({ left: [] });
    expect(await monitor.done).toEqual({ left: [] });
    expect(await monitor.stop({ force: true })).toEqual({ left: [] });
    expect(readdirSync(join(places.messages, '.ncolony'))).not.toContain('monitor.json');
    // The directories are free.
    await (await startMonitor({ ...places, signals: false, logfile: '/dev/null' })).stop();
  });

  test('stop({ force }) does not wait for the killtime', async () => {
    write('deaf', { args: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], env: { PATH: '/bin:/usr/bin' } });
    const monitor = await monitorOf({ timings: { ...timings, killtime: 60_000 } });
    await waitFor(monitor.actor, isRunning('deaf'));
    expect(await monitor.stop({ force: true })).toEqual({ left: [] });
  });

  test('status() tells what ctl status tells, without its files', async () => {
    write('web', { ...sleeper, group: ['a'] });
    write('down', { ...sleeper, 'ncolony.wanted': 'down' });
    write('bad', { args: 7 });
    write('fails', { args: ['/no/such/command'] });
    const monitor = await monitorOf();
    await waitFor(monitor.actor, isRunning('web'));
    await waitFor(monitor.actor, ({ context }) => context.programs.has('fails') && context.faults.has('bad'));
    const steady = ({ programs, ...rest }: ReturnType<Monitor['status']>) => ({
      ...rest,
      programs: programs.filter(({ name }) => name !== 'fails').map((row) => Object.assign(row, { uptime: null })),
    });
    await vi.waitFor(() => expect(steady(ctl.status(places))).toEqual(steady(monitor.status())), { timeout: 5_000 });
    expect(monitor.status().programs.map(({ name, state }) => [name, state])).toMatchObject([
      ['bad', null],
      ['down', 'stopped'],
      ['fails', expect.stringMatching(/starting|backing-off/)],
      ['web', 'running'],
    ]);
    expect(monitor.status('web').programs).toMatchObject([{ name: 'web', group: ['a'], uptime: expect.any(Number) }]);
    expect(() => monitor.status('nobody')).toThrow(expect.objectContaining({ code: 'EUNKNOWN' }));
    await monitor.stop();
    expect(monitor.status()).toMatchObject({ monitor: null });
  });

  test('is an async iterable of facts, which ends with it', async () => {
    const monitor = await monitorOf();
    const types: string[] = [];
    const reading = (async () => {
      for await (const fact of monitor as AsyncIterable<Fact | FactsMissed>) {
        types.push(fact.type);
        if (fact.type === 'program.running') void monitor.stop();
      }
    })();
    write('web', sleeper);
    await reading;
    expect(types).toEqual(
      expect.arrayContaining(['config.added', 'program.started', 'program.running', 'program.stopped']),
    );
    expect(types.at(-1)).toBe('supervisor.stopped');
  });

  test('a listener that throws harms nothing, and is a line in the log', async () => {
    const monitor = await monitorOf();
    const heard: string[] = [];
    monitor.on('program.running', ({ name }) => {
      heard.push(name);
      throw new Error('a defect of the host');
    });
    write('web', sleeper);
    await waitFor(monitor.actor, isRunning('web'));
    expect(await monitor.stop()).toEqual({ left: [] });
    expect(heard).toEqual(['web']);
    expect(readFileSync(join(home.path, 'log'), 'utf8')).toContain('a listener failed: Error: a defect of the host');
  });

  test('a listener of the actor itself harms nothing either', async () => {
    const monitor = await monitorOf();
    const uncaught = vi.fn<() => void>();
    process.on('uncaughtException', uncaught);
    ends.push(async () => void process.off('uncaughtException', uncaught));
    const heard: string[] = [];
    const hearing = monitor.actor.on('program.running', ({ name }) => {
      heard.push(name);
      throw new Error('a defect of the host');
    });
    monitor.actor.on('*', () => Promise.reject(new Error('an asynchronous one')) as unknown as undefined);
    write('web', sleeper);
    await waitFor(monitor.actor, isRunning('web'));
    hearing.unsubscribe();
    write('api', sleeper);
    await waitFor(monitor.actor, isRunning('api'));
    expect(await monitor.stop()).toEqual({ left: [] });
    expect(heard).toEqual(['web']);
    expect(uncaught).not.toHaveBeenCalled();
    const log = readFileSync(join(home.path, 'log'), 'utf8');
    expect(log).toContain('a listener failed: Error: a defect of the host');
    expect(log).toContain('a listener failed: Error: an asynchronous one');
  });

  test('gives up when it is told to, and says so', async () => {
    write('web', { args: ['false'], env: { PATH: '/bin:/usr/bin' } });
    const monitor = await monitorOf({ intensity: { deaths: 1, within: 60_000 } });
    expect(await monitor.done).toMatchObject({ left: [], gaveUp: { code: 'EGAVEUP' } });
  });

  test('goes on with what the one before it knew', async () => {
    write('web', { args: ['false'], env: { PATH: '/bin:/usr/bin' } });
    const first = await monitorOf({ timings: { ...timings, minRestartDelay: 10_000 } });
    await waitFor(first.actor, ({ context }) => context.programs.get('web')?.getSnapshot().value === 'backing-off');
    await first.stop();
    const remembered = memoryOf(first.actor.getSnapshot());
    expect(remembered).toMatchObject({ web: { wanted: 'up', starts: 1, instantDeaths: 1 } });
    const second = await monitorOf({ remembered: JSON.parse(JSON.stringify(remembered)) as SupervisorMemory });
    await waitFor(second.actor, ({ context }) => context.programs.get('web')?.getSnapshot().value === 'backing-off');
    expect(second.status('web').programs).toMatchObject([{ starts: 2, instantDeaths: 2 }]);
  });

  test.each([
    [{ frequency: 0 }, 'frequency: expected milliseconds'],
    [{ timings: { threshold: -1 } }, 'threshold: expected milliseconds'],
    [{ timings: { minRestartDelay: 0 } }, 'minRestartDelay: expected milliseconds from 1'],
    [{ timings: { minRestartDelay: 20, maxRestartDelay: 10 } }, 'maxRestartDelay: expected milliseconds from 20'],
    [{ intensity: { deaths: 1, within: 0 } }, 'intensity.within: expected milliseconds'],
    [{ intensity: { deaths: -1, within: 1_000 } }, 'intensity.deaths: expected a whole number'],
    [{ intensity: { deaths: Number.NaN, within: 1_000 } }, 'intensity.deaths: expected a whole number'],
    [{ config: '' }, 'config: expected a path'],
    [{ logs: 5 as unknown as string }, 'logs: expected a path'],
    [{ spawn: 'fork' as 'node' }, 'spawn: expected one of node, native'],
  ])('refuses %j before it takes anything', async (options, message) => {
    const refused = { code: 'EUSAGE', message: expect.stringContaining(message) as string };
    await expect(startMonitor({ ...places, ...options })).rejects.toMatchObject(refused);
    await expect(nodeActors({ ...places, ...options })).rejects.toMatchObject(refused);
  });

  test.each(['pid', 'logs'] as const)('%s is no directory that is read', async (option) => {
    for (const read of ['config', 'messages'] as const) {
      await expect(startMonitor({ ...places, [option]: places[read] })).rejects.toMatchObject({
        code: 'EDIRECTORY',
        message: `--${option} ${places[read]}: ${option} and ${read} must be two directories`,
      });
    }
    await monitorOf();
  });

  test('a monitor whose log cannot be written says so, and holds nothing', async () => {
    const logfile = join(home.path, 'missing', 'log');
    await expect(startMonitor({ ...places, logfile })).rejects.toMatchObject({
      code: 'EDIRECTORY',
      message: `--logfile ${logfile}: cannot be written (ENOENT: no such file or directory)`,
    });
    await monitorOf();
  });

  test.each([
    [{ logLevel: 'loud' as 'info' }, 'logLevel: expected one of'],
    [{ http: { host: '127.0.0.1', port: 99_999, token: undefined, control: false } }, '--http: expected PORT'],
    [{ http: { host: '0.0.0.0', port: 0, token: undefined, control: false } }, 'needs --http-token'],
    [{ http: { host: '127.0.0.1', port: 0, token: undefined, control: true } }, '--http-control needs'],
  ])('a monitor refuses %j, too', async (options, message) => {
    await expect(startMonitor({ ...places, ...options })).rejects.toMatchObject({
      code: 'EUSAGE',
      message: expect.stringContaining(message) as string,
    });
  });
});

const parsed = parseProgramFile('web', Buffer.from(JSON.stringify(sleeper)));
if (!parsed.ok) throw new Error(parsed.error.message);
const { file } = parsed;
const found: ConfigSynced = {
  type: 'config.synced',
  changed: [],
  removed: [],
  rejected: [],
  healed: [],
  warnings: [],
  added: [file.spec],
  ticket: 0,
};
/** Those of a host that has programs of its own, and nothing else. */
const silent = {
  config: fromCallback<ConfigScan>(({ sendBack }) => sendBack(found)),
  messages: fromCallback<MessageAnswer>(() => {}),
  signals: fromCallback(() => {}),
};

describe('the real actors', () => {
  async function open(more: object = {}): Promise<NodeActors> {
    const node = await nodeActors({ ...places, timings, signals: false, ...more });
    ends.push(node.close);
    return node;
  }

  const hostOf = ({ actors, input }: NodeActors) =>
    setup({ actors: { supervisor: supervisorMachine.provide({ actors }) } }).createMachine({
      invoke: { id: 'colony', src: 'supervisor', input, onDone: '.finished', onError: '.broken' },
      initial: 'working',
      states: { working: {}, finished: {}, broken: {} },
    });

  const ownSource = ({ files, actors: { ward }, input }: NodeActors) => {
    files.set('web', file);
    return createActor(supervisorMachine.provide({ actors: { ...silent, ward } }), { input });
  };

  test('keep the records and the status of a supervisor that a machine of the host invokes', async () => {
    write('web', sleeper);
    const node = await open();
    const host = createActor(hostOf(node)).start();
    const supervisor = host.getSnapshot().children.colony!;
    await waitFor(supervisor, isRunning('web'));
    await vi.waitFor(() => expect(ctl.status(places)).toMatchObject({ programs: [{ name: 'web', state: 'running' }] }));
    expect(ctl.status(places).monitor?.pid).toBe(process.pid);
    expect(readFileSync(join(places.messages, '.ncolony', 'runs.jsonl'), 'utf8')).toContain('"name":"web"');
    await expect(open()).rejects.toMatchObject({ code: 'ELOCKED' });
    supervisor.send({ type: 'shutdown' });
    await waitFor(host, ({ value }) => value === 'finished');
    await node.close();
    expect(ctl.status(places).monitor).toBeNull();
    await (await open()).close();
  });

  test('end what runs when the host ends without a word', async () => {
    write('web', sleeper);
    const node = await open();
    const host = createActor(hostOf(node)).start();
    await waitFor(host.getSnapshot().children.colony!, isRunning('web'));
    host.stop();
    await node.close();
    await vi.waitFor(() => expect(processes()).toEqual([]));
  });

  test('are not let go of while the supervisor runs', async () => {
    write('web', sleeper);
    const node = await open();
    const host = createActor(hostOf(node)).start();
    const supervisor = host.getSnapshot().children.colony!;
    await waitFor(supervisor, isRunning('web'));
    const closed = node.close();
    await expect(nodeActors({ ...places })).rejects.toMatchObject({ code: 'ELOCKED' });
    supervisor.send({ type: 'shutdown' });
    await closed;
    expect(processes()).toEqual([]);
  });

  test('make a directory of directories: a supervisor of supervisors, each with its own lock and records', async () => {
    const inner = { config: join(home.path, 'inner', 'conf'), messages: join(home.path, 'inner', 'messages') };
    for (const path of Object.values(inner)) mkdirSync(path, { recursive: true });
    writeFileSync(join(inner.config, 'web'), JSON.stringify(sleeper));
    write('inner', { args: ['a colony'], 'ncolony.colony': join(home.path, 'inner') });

    const node = await open();
    const nested = supervisorProcess(async () => {
      const below = await nodeActors({ ...inner, timings, signals: false });
      return { machine: supervisorMachine.provide({ actors: below.actors }), input: below.input, close: below.close };
    });
    const { ward: _, ...ports } = node.actors;
    const root = createActor(supervisorWith({ ...ports, process: nested, leftovers: noLeftovers }), {
      input: node.input,
    });
    const runs: string[] = [];
    root.on('program.started', ({ run }) => runs.push(run));
    root.start();
    const tree = () => ctl.status(places).programs[0];
    await vi.waitFor(() => {
      expect(tree()).toMatchObject({ state: 'running', pid: null, colony: { programs: [{ state: 'running' }] } });
    });
    const below = processesWith('NCOLONY_COLONY', colonyOf(inner.messages));
    expect(below).toHaveLength(1);

    ctl.restart(places, 'inner');
    await vi.waitFor(() => expect(tree()).toMatchObject({ starts: 2, colony: { programs: [{ state: 'running' }] } }));
    expect(runs).toHaveLength(2);
    root.send({ type: 'shutdown' });
    await waitFor(root, ({ status }) => status === 'done');
    expect(processesWith('NCOLONY_COLONY', colonyOf(inner.messages))).toEqual([]);
  });

  test('are for one life of one supervisor', async () => {
    const node = await open();
    const [first, second] = [createActor(hostOf(node)), createActor(hostOf(node))];
    first.start();
    second.start();
    expect([first, second].map((host) => host.getSnapshot().value)).toEqual(['working', 'broken']);
    first.stop();
  });

  test('start no process for a supervisor that nobody observes', async () => {
    const node = await open();
    const actor = ownSource(node);
    const failed = new Promise<Fact>((resolve) => actor.on('program.failed', resolve));
    actor.start();
    expect(await failed).toMatchObject({ error: { code: 'EUSAGE', message: expect.stringContaining('observe') } });
    actor.stop();
  });

  test('run programs of another source, too', async () => {
    const node = await open();
    const actor = ownSource(node);
    node.observe(actor);
    actor.start();
    await waitFor(actor, isRunning('web'));
    expect(processes()).toHaveLength(1);
    actor.send({ type: 'shutdown' });
    await waitFor(actor, ({ status }) => status === 'done');
  });

  test('tell what programs say, line by line, to who wants to hear it', async () => {
    write('web', { args: ['sh', '-c', 'echo one; echo two >&2; exec sleep 1000'], env: { PATH: '/bin:/usr/bin' } });
    const lines: string[] = [];
    const node = await open({
      onOutput: ({ name, stream, text }: { name: string; stream: string; text: string }) => {
        lines.push(`${name} ${stream} ${text}`);
        throw new Error('a defect of the host');
      },
    });
    const host = createActor(hostOf(node)).start();
    await vi.waitFor(() => expect(lines.sort()).toEqual(['web stderr two', 'web stdout one']));
    host.stop();
  });

  test('are not harmed by who is told and fails, at once or later', async () => {
    write('web', { args: ['sh', '-c', 'echo one; exec sleep 1000'], env: { PATH: '/bin:/usr/bin' } });
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    ends.push(async () => void process.off('unhandledRejection', unhandled));
    const warnings: string[] = [];
    const node = await open({
      onOutput: () => Promise.reject(new Error('a defect of the host')),
      onWarning: (problem: string) => {
        warnings.push(problem);
        return Promise.reject(new Error('another'));
      },
    });
    const host = createActor(hostOf(node)).start();
    await vi.waitFor(() => expect(warnings).toEqual([expect.stringContaining('a line of web: Error: a defect')]));
    await new Promise(setImmediate);
    expect(unhandled).not.toHaveBeenCalled();
    host.stop();
  });
});

describe('one program alone', () => {
  test('is watched to its end when its actors are let go of before that', async () => {
    const node = await nodeProgram('web', sleeper, { timings });
    const web = createActor(programMachine.provide({ actors: node.actors }), { input: node.input }).start();
    web.send({ type: 'program.start' });
    await waitFor(web, ({ value }) => value === 'running');
    node.close();
    web.send({ type: 'program.stop' });
    await waitFor(web, ({ value }) => value === 'stopped');
    expect(web.getSnapshot().context.lastExit).toEqual({ code: null, signal: 'SIGTERM' });
    web.stop();
  });

  test('needs what a program file says', async () => {
    await expect(nodeProgram('web', { args: [] })).rejects.toMatchObject({
      code: 'EUSAGE',
      message: expect.stringMatching(/^web: args: /) as string,
    });
    const usage = { code: 'EUSAGE' };
    await expect(nodeProgram('../web', sleeper)).rejects.toMatchObject(usage);
    await expect(nodeProgram('web', sleeper, { timings: { killtime: Number.NaN } })).rejects.toMatchObject(usage);
  });
});
