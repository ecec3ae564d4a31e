import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { createActor, type ActorRefFrom } from 'xstate';
import { supervisorMachine, type Fact, type SupervisorContext, type SupervisorOutput } from '../machines/index.js';
import { openColony, type Colony } from './colony.js';
import { openLog, type Log } from './log.js';
import { createNodeActors } from './node-actors.js';
import { HistoryWriter } from './observers/history-writer.js';
import { MonitorFile } from './observers/monitor-file.js';
import { narrate } from './observers/narrator.js';
import { OwnPidFile } from './observers/own-pid-file.js';
import { PidFiles } from './observers/pid-files.js';
import { ReplyWriter } from './observers/reply-writer.js';
import { RunRecords } from './observers/run-records.js';
import { StatusWriter } from './observers/status-writer.js';
import type { MonitorOptions } from './options.js';
import { chooseLauncher } from './os/choose-launcher.js';
import { hasProc, readProcess } from './os/process-table.js';
import { closeStrayDescriptors } from './os/stray-descriptors.js';
import { systemTool } from './os/system-tools.js';
import { fileFault } from './os/trust.js';
import { LogFiles } from './output/log-files.js';
import { TaggedLines } from './output/tagged-lines.js';
import { rememberedDigests } from './protocol/content-digests.js';
import { defaultLogLimits } from './protocol/log-settings.js';
import type { ProgramFile } from './protocol/program-file.js';
import type { MonitorStatus } from './protocol/status-file.js';
import { version } from './version.js';

/** A monitor that runs. */
export interface Monitor {
  readonly actor: ActorRefFrom<typeof supervisorMachine>;
  readonly log: Log;
  /** Resolves when everything is down, with the names of what could not be ended. */
  readonly done: Promise<SupervisorOutput>;
}

/** Listens to the facts; `close` is called when no more will come. */
interface Observer {
  readonly observe: (fact: Fact) => void;
  /** Called every `frequency`: what was written may be gone. */
  readonly check?: () => void;
  readonly close?: () => void;
}

/** How long the last words of programs are waited for when all are down, in ms. */
const lastWordsMs = 1_000;

/**
 * Starts a monitor in this process: gives the machines their real actors, and listens.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where a directory cannot be used, `ELOCKED` where another monitor has it.
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const colony = await openColony(options);
  const log = await openLog({
    level: options.logLevel,
    file: options.logfile,
    pretty: options.logfile === undefined && process.stdout.isTTY,
  });
  const { logger } = log;
  const warn = (problem: string) => logger.warn(problem);
  const viewer = await openViewer(options, colony, warn);
  warnOfCircumstances(warn);

  const { logs, logLimits = defaultLogLimits } = options;
  const written = logs === undefined ? new TaggedLines(log) : new LogFiles(logs, logLimits, warn);
  const outputs = viewer?.tap(written) ?? written;
  const launcher = await chooseLauncher(options.spawn, (why) => logger.debug(why));
  const records = new RunRecords(colony.paths.runs, colony.records, warn);
  const files = new Map<string, ProgramFile>();
  const { actors, leftovers } = await createNodeActors(colony, {
    files,
    frequency: options.frequency,
    launcher,
    outputs,
    recorded: records.last,
    announce: (start) => records.announce(start),
    trustedUsers: [process.geteuid?.() ?? 0, statSync(colony.messages).uid],
    refuseOwner: options.trustDirectories ? () => undefined : fileFault,
    warn,
  });
  const actor = createActor(supervisorMachine.provide({ actors }), { input: { timings: options.timings, leftovers } });
  viewer?.show(actor);
  const contentKey = randomBytes(32).toString('base64url');
  const digestsOf = rememberedDigests(contentKey);
  const contentOf = (name: string) => {
    const file = files.get(name);
    return file === undefined ? null : digestsOf(file);
  };
  const own = ownStatus(options);
  const recorder = await openRecorder(options, actor, warn);
  const observers: Observer[] = [
    records,
    { observe: (fact) => narrate(logger, fact) },
    // Before those that write into the directories which it keeps.
    new MonitorFile(colony.paths, own, contentKey, warn),
    new StatusWriter(colony.paths.status, actor, contentOf, warn),
    new HistoryWriter(colony.paths.history, {
      monitor: { pid: own.pid, since: own.since },
      isProgram: (name) => isProgram(actor.getSnapshot().context, name),
      warn,
    }),
    new ReplyWriter(colony.paths.replies, warn),
    ...(options.pid === undefined
      ? []
      : [new PidFiles(options.pid, new Set(colony.records.runs.map(({ name }) => name)), warn)]),
    ...(options.pidfile === undefined ? [] : [new OwnPidFile(options.pidfile, warn)]),
    { observe: (fact) => fact.type === 'supervisor.rescanned' && outputs.reopen() },
    { observe: (fact) => fact.type === 'supervisor.rescanned' && log.reopen() },
    ...[viewer, recorder].filter((observer) => observer !== undefined),
  ];
  actor.on('*', (fact) => {
    for (const observer of observers) tell(observer, fact, warn);
  });
  const checks = setInterval(() => {
    for (const observer of observers) observer.check?.();
  }, options.frequency).unref();
  const done = outcomeOf(actor, async () => {
    clearInterval(checks);
    await outputs.finish(lastWordsMs);
    for (const observer of observers) observer.close?.();
    launcher.close();
    colony.held.release();
    await log.flush(lastWordsMs);
  });

  const { config, messages } = colony;
  actor.start();
  // Said when the signals are listened to: whoever hears it may ask for the stop at once.
  logger.info({ config, messages, pid: process.pid, version }, `ncolony ${version} watches ${config}`);
  if (viewer !== undefined) logger.info({ url: viewer.url }, `to be looked at on ${viewer.url}`);
  return { actor, log, done };
}

/** Runs a monitor, alone in this process, until it is told to stop; resolves to the exit code. */
export async function runMonitor(options: MonitorOptions): Promise<number> {
  closeStrayDescriptors();
  const { done, log } = await startMonitor(options);
  // Nothing is known of the state after it. The next monitor finds what this one leaves running.
  process.on('uncaughtException', (error) => void leaveAtDefect(log, error));
  const { left } = await done;
  return left.length === 0 ? 0 : 1;
}

/** Where it can be looked at, when that was asked for: loaded only then. */
async function openViewer({ http, timings }: MonitorOptions, colony: Colony, warn: (problem: string) => void) {
  if (http === undefined) return undefined;
  try {
    const { HttpViewer } = await import('../visualize/server/http-viewer.js');
    return await HttpViewer.open({ http, places: colony, timings, warn });
  } catch (error) {
    colony.held.release();
    throw error;
  }
}

async function openRecorder(
  { record, timings }: MonitorOptions,
  root: Monitor['actor'],
  warn: (problem: string) => void,
) {
  if (record === undefined) return undefined;
  const { Recorder } = await import('../visualize/server/recorder.js');
  return new Recorder({ file: record, timings, root, warn });
}

async function leaveAtDefect(log: Log, error: Error): Promise<void> {
  log.logger.fatal(error, 'a defect of the monitor');
  await log.flush(lastWordsMs);
  process.exit(1);
}

// XState reports an error of a listener as an uncaught one: it would take the monitor down.
function tell(observer: Observer, fact: Fact, warn: (problem: string) => void): void {
  try {
    observer.observe(fact);
  } catch (error) {
    warn(`a listener failed at ${fact.type}: ${String(error)}`);
  }
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

function warnOfCircumstances(warn: (problem: string) => void): void {
  if (process.pid === 1) warn('as PID 1 this monitor does not reap strangers: run it under an init such as tini');
  if (!hasProc) warn('/proc is missing: what leaves its process group is not found, nor what a killed monitor leaves');
  const losses = {
    flock: 'a lock file stands for the lock of the kernel',
    mkfifo: 'programs get sockets instead of pipes and cannot open /dev/stdout',
    setpriv: 'programs cannot be run as another user',
  };
  for (const [tool, loss] of Object.entries(losses)) {
    if (systemTool(tool) === undefined) warn(`${tool} is missing: ${loss}`);
  }
}

function isProgram({ specs, programs, faults }: SupervisorContext, name: string): boolean {
  return specs.has(name) || programs.has(name) || faults.has(name);
}

function ownStatus({ frequency }: MonitorOptions): MonitorStatus {
  return {
    version: 1,
    pid: process.pid,
    startTime: readProcess(process.pid)?.startTime ?? 0,
    since: new Date().toISOString(),
    frequency,
    ncolony: version,
  };
}
