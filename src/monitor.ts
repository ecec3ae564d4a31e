import { createActor } from 'xstate';
import {
  factsOf,
  listen,
  supervisorMachine,
  type Fact,
  type FactsMissed,
  type Heard,
  type SupervisorOutput,
  type SupervisorRef,
} from '../machines/index.js';
import { openColony, type Colony } from './colony.js';
import {
  defaultFrequency,
  placesIn,
  requireUsable,
  supervisorInput,
  timingsWith,
  type ColonyOptions,
} from './colony-options.js';
import type { StatusReport } from './ctl/status/status.js';
import { ColonyError } from './errors.js';
import { requireSafe, type HttpOptions } from './http-options.js';
import { LiveStatus } from './live-status.js';
import { openLog, type Log } from './log.js';
import { narrate } from './observers/narrator.js';
import { OwnPidFile } from './observers/own-pid-file.js';
import { logLevels, type LogLevel, type MonitorOptions } from './options.js';
import { closeStrayDescriptors } from './os/stray-descriptors.js';
import { hasProc } from './os/process-table.js';
import { systemTool } from './os/system-tools.js';
import { LogFiles } from './output/log-files.js';
import { TaggedLines } from './output/tagged-lines.js';
import { ownStatus } from './own-status.js';
import { defaultLogLimits } from './protocol/log-settings.js';
import { tendColony } from './tended-colony.js';
import { keepTimersByActor } from './timers-by-actor.js';
import { version } from './version.js';

/** What a monitor is told. Durations are milliseconds. */
export interface StartOptions extends ColonyOptions {
  /** The monitor's own log, and what programs say where there is no `logs`; default standard output. */
  readonly logfile?: string | undefined;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
  /** Gets the pid of this process. */
  readonly pidfile?: string | undefined;
  /** Where it can be looked at; default: nowhere. */
  readonly http?: HttpOptions | undefined;
  /** Where all that happens is written down, to be replayed. */
  readonly record?: string | undefined;
}

/**
 * A monitor that runs. `for await (const fact of monitor)` reads what happens from then on: each loop for itself, to the
 * end; the monitor does not wait for a slow reader, who is told by `facts.missed` how many of the oldest were dropped.
 */
export interface Monitor extends AsyncIterable<Fact | FactsMissed> {
  readonly actor: SupervisorRef;
  /** Resolves when everything is down and written; rejects where the supervisor itself broke. */
  readonly done: Promise<SupervisorOutput>;
  /** Stops everything in order, with SIGKILL where `killtime` is over, or with `force` at once. Resolves as `done` does. */
  readonly stop: (how?: { readonly force?: boolean }) => Promise<SupervisorOutput>;
  /** What `ctl status` tells, from the actors themselves. Throws `EUNKNOWN` where there is no program of that name. */
  readonly status: (name?: string) => StatusReport;
  /** Listens to facts, to those of a type or to all (`*`); a listener that fails is a line in the log. Returns how to stop. */
  readonly on: <TType extends Fact['type'] | '*'>(
    type: TType,
    listener: (fact: Heard<Fact, TType>) => unknown,
  ) => () => void;
}

/** How long the log is given for its last lines, in ms. */
const lastLinesMs = 1_000;

/**
 * Starts a monitor in this process: gives the machines their real actors, and listens.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where a directory cannot be used, `ELOCKED` where another monitor has it,
 * `EUSAGE` where an option is wrong, `ELISTEN` where `http` cannot be had.
 */
export async function startMonitor(options: StartOptions): Promise<Monitor> {
  return (await openMonitor(options)).monitor;
}

/** Runs a monitor, alone in this process, until it is told to stop; resolves to the exit code. */
export async function runMonitor(options: MonitorOptions): Promise<number> {
  closeStrayDescriptors();
  const { monitor, log } = await openMonitor(options);
  // Nothing is known of the state after it. The next monitor finds what this one leaves running.
  process.on('uncaughtException', (error) => void leaveAtDefect(log, error));
  const { left, gaveUp } = await monitor.done;
  return left.length === 0 && gaveUp === undefined ? 0 : 1;
}

async function openMonitor(options: StartOptions): Promise<{ readonly monitor: Monitor; readonly log: Log }> {
  requireUsable(options);
  const { logLevel = 'info', http } = options;
  if (!logLevels.includes(logLevel)) {
    throw new ColonyError('EUSAGE', `logLevel: expected one of ${logLevels.join(', ')}`);
  }
  if (http !== undefined) requireSafe(http);
  const { trustDirectories = false, logfile, pidfile, record } = options;
  const colony = await openColony({ ...placesIn(options), logfile, pidfile, record, trustDirectories });
  try {
    return await beginOn(colony, options);
  } catch (error) {
    colony.held.release();
    throw error;
  }
}

async function beginOn(colony: Colony, options: StartOptions) {
  const { frequency = defaultFrequency, trustDirectories = false, logfile, pidfile } = options;
  const { logs, pid } = placesIn(options);
  const log = await openLog({
    level: options.logLevel ?? 'info',
    file: logfile,
    pretty: logfile === undefined && process.stdout.isTTY,
  });
  const { logger } = log;
  const warn = (problem: string) => logger.warn(problem);
  const viewer = await openViewer(options, colony, warn);
  warnOfCircumstances(warn);

  const written =
    logs === undefined ? new TaggedLines(log) : new LogFiles(logs, options.logLimits ?? defaultLogLimits, warn);
  const own = ownStatus(frequency);
  const tending = {
    own,
    frequency,
    pid,
    trustDirectories,
    spawn: options.spawn,
    signals: options.signals ?? true,
    outputs: viewer?.tap(written) ?? written,
    warn,
    debug: (remark: string) => logger.debug(remark),
  };
  const { actors, leftovers, keeper } = await tendColony(colony, tending).catch((error: unknown) => {
    viewer?.close();
    throw error;
  });
  const actor = createActor(supervisorMachine.provide({ actors }), { input: supervisorInput(options, leftovers) });
  keepTimersByActor(actor);
  viewer?.show(actor);
  const live = new LiveStatus(actor, { pid: own.pid, since: own.since, version }, colony.messages);
  const recorder = await openRecorder(options, actor, warn);
  keeper.observe(actor, {
    first: [{ observe: (fact) => narrate(logger, fact) }, live],
    last: [
      ...(pidfile === undefined ? [] : [new OwnPidFile(pidfile, warn)]),
      { observe: (fact) => fact.type === 'supervisor.rescanned' && log.reopen() },
      ...[viewer, recorder].filter((observer) => observer !== undefined),
    ],
  });
  const done = outcomeOf(actor, async () => {
    await keeper.close();
    await log.flush(lastLinesMs);
  });

  const { config, messages } = colony;
  actor.start();
  // Said when the signals are listened to: whoever hears it may ask for the stop at once.
  logger.info({ config, messages, pid: process.pid, version }, `ncolony ${version} watches ${config}`);
  if (viewer !== undefined) logger.info({ url: viewer.url }, `to be looked at on ${viewer.url}`);
  const monitor: Monitor = {
    actor,
    done,
    stop: ({ force = false } = {}) => {
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'shutdown' });
      if (force && actor.getSnapshot().status === 'active') actor.send({ type: 'shutdown.force' });
      return done;
    },
    status: (name) => live.report(name),
    on: (type, listener) => listen(actor, type, listener, (error) => warn(`a listener failed: ${String(error)}`)),
    [Symbol.asyncIterator]: () => factsOf<Fact>(actor)[Symbol.asyncIterator](),
  };
  return { monitor, log };
}

/** Where it can be looked at, when that was asked for: loaded only then. */
async function openViewer(options: StartOptions, colony: Colony, warn: (problem: string) => void) {
  const { http } = options;
  if (http === undefined) return undefined;
  const { HttpViewer } = await import('../visualize/server/http-viewer.js');
  return HttpViewer.open({ http, places: colony, timings: timingsWith(options.timings), warn });
}

async function openRecorder(options: StartOptions, root: SupervisorRef, warn: (problem: string) => void) {
  const { record } = options;
  if (record === undefined) return undefined;
  const { Recorder } = await import('../visualize/server/recorder.js');
  return new Recorder({ file: record, timings: timingsWith(options.timings), root, warn });
}

async function leaveAtDefect(log: Log, error: Error): Promise<void> {
  log.logger.fatal(error, 'a defect of the monitor');
  await log.flush(lastLinesMs);
  process.exit(1);
}

async function outcomeOf(actor: SupervisorRef, leave: () => Promise<void>): Promise<SupervisorOutput> {
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
