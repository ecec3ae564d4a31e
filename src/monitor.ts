import { readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createActor, type ActorRefFrom } from 'xstate';
import { programMachine, supervisorMachine, type Fact, type SupervisorOutput } from '../machines/index.js';
import { createConfigDirectoryActor } from './actors/config-directory.js';
import { Descendants } from './actors/descendants.js';
import { createLeftoversActor, namesOfLeftovers } from './actors/leftovers.js';
import { createMessageDirectoryActor } from './actors/message-directory.js';
import { osSignalsActor } from './actors/os-signals.js';
import { createProcessActor } from './actors/process.js';
import { ColonyError, messageOf } from './errors.js';
import { openLog, type Log } from './log.js';
import { narrate } from './observers/narrator.js';
import { PidFiles } from './observers/pid-files.js';
import { ReplyWriter } from './observers/reply-writer.js';
import { StatusWriter } from './observers/status-writer.js';
import type { MonitorOptions } from './options.js';
import { bootId } from './os/boot.js';
import { lockDirectory } from './os/directory-lock.js';
import { NodeLauncher } from './os/node-launcher.js';
import { ProcessTable, readProcess } from './os/process-table.js';
import { closeStrayDescriptors } from './os/stray-descriptors.js';
import { systemTool } from './os/system-tools.js';
import { TurnQueue } from './os/turn-queue.js';
import { LogFiles } from './output/log-files.js';
import type { Outputs } from './output/outputs.js';
import { TaggedLines } from './output/tagged-lines.js';
import { writeFileAtomically } from './protocol/atomic-file.js';
import { identityOf } from './protocol/directory.js';
import type { ProgramFile } from './protocol/program-file.js';
import { prepareRuntimeDirectory, runtimePaths, type RuntimePaths } from './protocol/runtime-directory.js';
import { parseProgramStatus, type MonitorStatus, type ProcessRecord } from './protocol/status-file.js';
import { version } from './version.js';

/** A monitor that runs. */
export interface Monitor {
  readonly actor: ActorRefFrom<typeof supervisorMachine>;
  readonly log: Logger;
  /** Resolves when everything is down, with the names of what could not be ended. */
  readonly done: Promise<SupervisorOutput>;
}

/** How long the last words of programs are waited for when all are down, in ms. */
const lastWordsMs = 1_000;

/**
 * Starts a monitor in this process: gives the machines their real actors, and listens.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where a directory cannot be used, `ELOCKED` where another monitor has it.
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const [config, messages] = [existing(options.config, 'config'), existing(options.messages, 'messages')];
  const colony = identityOf(messages);
  if (identityOf(config) === colony)
    throw new ColonyError('EDIRECTORY', `${config}: config and messages must be two directories`);
  const locks = [await lockDirectory(config), await lockDirectory(messages)];
  const log = await openLog({
    level: options.logLevel,
    file: options.logfile,
    pretty: options.logfile === undefined && process.stdout.isTTY,
  });
  const warn = (problem: string) => log.logger.warn(problem);
  warnOfMissingTools(warn);

  const paths = runtimePaths(messages);
  prepareRuntimeDirectory(paths);
  const records = readRecords(paths);
  const outputs = options.logs === undefined ? new TaggedLines(log.logger) : new LogFiles(options.logs, warn);
  const table = new ProcessTable(colony);
  const descendants = new Descendants(
    [process.geteuid?.() ?? 0, statSync(messages).uid],
    [...records.values()].map(({ run }) => run),
  );
  const files = new Map<string, ProgramFile>();
  const launcher = new NodeLauncher();
  const leftovers = { table, descendants, recorded: records };
  const processes = {
    files,
    colony,
    launcher,
    table,
    descendants,
    outputs,
    turns: new TurnQueue(),
    inherited: process.env,
  };
  const machine = supervisorMachine.provide({
    actors: {
      program: programMachine.provide({
        actors: { process: createProcessActor(processes), leftovers: createLeftoversActor(leftovers) },
      }),
      config: createConfigDirectoryActor({ path: config, frequency: options.frequency, files, refuse: refuseUser }),
      messages: createMessageDirectoryActor({
        path: messages,
        rejected: paths.rejected,
        frequency: options.frequency,
      }),
      signals: osSignalsActor,
    },
  });
  const actor = createActor(machine, {
    input: { timings: options.timings, leftovers: await namesOfLeftovers(leftovers) },
  });

  const observers = [
    new StatusWriter(paths.status, actor, warn),
    new ReplyWriter(paths.replies, warn),
    ...(options.pid === undefined ? [] : [new PidFiles(options.pid, warn)]),
  ];
  actor.on('*', (fact) => {
    narrateSafely(log, fact);
    for (const observer of observers) observer.observe(fact);
    if (fact.type === 'supervisor.rescanned') reopen(log, outputs);
  });
  const leave = async () => {
    await outputs.finish(lastWordsMs);
    for (const observer of observers) if ('close' in observer) observer.close();
    launcher.close();
    rmSync(paths.monitor, { force: true });
    if (options.pidfile !== undefined) rmSync(options.pidfile, { force: true });
    for (const lock of locks) lock.release();
  };

  announce(paths, options);
  log.logger.info({ config, messages, pid: process.pid, version }, `ncolony ${version} watches ${config}`);
  const done = outcomeOf(actor, leave);
  actor.start();
  return { actor, log: log.logger, done };
}

/** Runs a monitor until it is told to stop; resolves to the exit code. */
export async function runMonitor(options: MonitorOptions): Promise<number> {
  closeStrayDescriptors();
  const { done, log } = await startMonitor(options);
  // Nothing is known of the state after it. The next monitor finds what this one leaves running.
  process.on('uncaughtException', (error) => {
    log.fatal(error, 'a defect of the monitor');
    process.exit(1);
  });
  const { left } = await done;
  return left.length === 0 ? 0 : 1;
}

async function outcomeOf(actor: Monitor['actor'], leave: () => Promise<void>): Promise<SupervisorOutput> {
  try {
    return await new Promise((resolve, reject) => {
      actor.subscribe({ complete: () => resolve(actor.getSnapshot().output ?? { left: [] }), error: reject });
    });
  } finally {
    await leave();
  }
}

function existing(path: string, option: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
    throw new Error('is not a directory');
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `--${option} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function warnOfMissingTools(warn: (problem: string) => void): void {
  const losses = {
    flock: 'a lock file stands for the lock of the kernel',
    mkfifo: 'programs get sockets instead of pipes and cannot open /dev/stdout',
    setpriv: 'programs cannot be run as another user',
  };
  for (const [tool, loss] of Object.entries(losses)) {
    if (systemTool(tool) === undefined) warn(`${tool} is missing: ${loss}`);
  }
}

/** The main processes that an earlier monitor had when it last wrote, as far as they belong to this boot. */
function readRecords(paths: RuntimePaths): Map<string, ProcessRecord> {
  const records = new Map<string, ProcessRecord>();
  for (const name of readdirSync(paths.status).filter((entry) => entry.endsWith('.json'))) {
    const status = parseProgramStatus(readFileSync(join(paths.status, name), 'utf8'));
    if (status?.process && status.process.boot === bootId) records.set(status.name, status.process);
    else rmSync(join(paths.status, name), { force: true });
  }
  return records;
}

function refuseUser({ rights: { user } }: ProgramFile) {
  if (user === undefined || process.geteuid?.() === 0) return undefined;
  const key = user.name !== undefined ? 'ncolony.user' : user.uid !== undefined ? 'uid' : 'gid';
  return { code: 'EPRIVILEGE', message: `${key}: only a monitor that runs as root can run a program as somebody else` };
}

// XState would take the monitor down for an error of a listener.
function narrateSafely(log: Log, fact: Fact): void {
  try {
    narrate(log.logger, fact);
  } catch {
    // A log that cannot be written costs its lines.
  }
}

function reopen(log: Log, outputs: Outputs): void {
  log.reopen();
  outputs.reopen();
}

function announce(paths: RuntimePaths, options: MonitorOptions): void {
  const status: MonitorStatus = {
    version: 1,
    pid: process.pid,
    startTime: readProcess(process.pid)?.startTime ?? 0,
    since: new Date().toISOString(),
    ncolony: version,
  };
  writeFileAtomically(paths.monitor, `${JSON.stringify(status)}\n`);
  if (options.pidfile !== undefined) writeFileSync(options.pidfile, `${process.pid}\n`);
}
