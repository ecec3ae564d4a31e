import { nanoid } from 'nanoid';
import { fromCallback } from 'xstate';
import type { Exit, Fault, ProcessCommand, ProcessEvent, ProcessInput } from '../../machines/index.js';
import type { Launched, Launcher, Prepared } from '../os/launcher.js';
import { hasProc, readProcess, type Leader, type ProcessEntry, type ProcessTable } from '../os/process-table.js';
import { leftOrphans } from '../os/orphans.js';
import { exists, signalGroup } from '../os/signal.js';
import type { TurnQueue } from '../os/turn-queue.js';
import type { Outputs, StreamName } from '../output/outputs.js';
import { environmentOf } from '../protocol/environment.js';
import { defaultLogManner } from '../protocol/log-settings.js';
import type { ProgramFile } from '../protocol/program-file.js';
import type { Rights } from '../protocol/rights.js';
import type { Descendants } from './descendants.js';
import { Ending } from './ending.js';
import { FirstLine } from './first-line.js';
import { helperFailure, startFault } from './start-faults.js';

/** What a process needs of its host. */
export interface ProcessHost {
  /** The programs' files that are in force, by name. */
  readonly files: ReadonlyMap<string, ProgramFile>;
  readonly colony: string;
  readonly launcher: Launcher;
  readonly turns: TurnQueue;
  readonly table: ProcessTable;
  readonly descendants: Descendants;
  readonly outputs: Outputs;
  /** Called in the moment before a process is started. */
  readonly announce: (start: { readonly name: string; readonly run: string; readonly stdin: string }) => void;
  /** Called once, when its start time (as in /proc) is known, or with 0 when it never will be. */
  readonly identify: (process: { readonly name: string; readonly run: string; readonly startTime: number }) => void;
  readonly inherited: NodeJS.ProcessEnv;
}

/** The real process actor: one incarnation of a program, from its spawn until nothing of it is left. */
export function createProcessActor(host: ProcessHost) {
  return fromCallback<ProcessCommand, ProcessInput>(({ input, sendBack, receive }) => {
    const incarnation = new Incarnation(host, input, sendBack);
    receive((command) => incarnation.obey(command));
    incarnation.start();
    return () => incarnation.release();
  });
}

// While a process begins to run its program, a look at it in /proc waits for that. One that is over before has left its
// number a moment ago, which nobody else has yet.
const identifyMs = 20;

class Incarnation {
  readonly #host: ProcessHost;
  readonly #input: ProcessInput;
  readonly #report: (event: ProcessEvent) => void;
  readonly #run = nanoid();
  readonly #ending: Ending;
  #log = defaultLogManner;
  #leaveQueue: (() => void) | undefined;
  /** Whether a process is being made: it cannot be called back any more, and its pid is not known yet. */
  #isLaunching = false;
  /** What was asked for meanwhile. */
  readonly #deferred: ProcessCommand[] = [];
  #launched: Launched | undefined;
  #leader: Leader | undefined;
  #identify: NodeJS.Timeout | undefined;
  #isIdentified = false;
  #exit: Exit | undefined;
  #exitIsTold = false;
  #terminating = false;
  #failed = false;
  /** What is sent to what the main process leaves, when only that was asked to end. */
  #signalOfTheRest: NodeJS.Signals | undefined;
  #released = false;
  /** What the helper says, if it cannot do its work. */
  #complaint: FirstLine | undefined;

  constructor(host: ProcessHost, input: ProcessInput, report: (event: ProcessEvent) => void) {
    this.#host = host;
    this.#input = input;
    this.#report = report;
    this.#ending = new Ending({
      find: () => this.#find(),
      isAwaited: ({ pid }) => pid === this.#leader?.pid && this.#exit === undefined,
      report,
    });
  }

  start(): void {
    this.#leaveQueue = this.#host.turns.add((alone) => this.#begin(alone));
  }

  obey(command: ProcessCommand): void {
    if (this.#isLaunching) {
      this.#deferred.push(command);
      return;
    }
    switch (command.type) {
      case 'process.terminate':
        this.#terminate(command.signal as NodeJS.Signals, command.tree);
        break;
      case 'process.kill':
        if (this.#failed) break;
        if (this.#leader !== undefined && this.#exit === undefined) signalGroup(this.#leader.pid, 'SIGKILL');
        this.#ending.kill();
        break;
      case 'process.signal':
        if (this.#exit === undefined) this.#launched?.signal(command.signal as NodeJS.Signals);
        break;
    }
  }

  /** The actor was stopped. What then still runs is ended at once: nobody is left who could. */
  release(): void {
    this.#released = true;
    this.#settleIdentity();
    this.#ending.dispose();
    this.#leaveQueue?.();
    if (this.#leader !== undefined && this.#exit === undefined) signalGroup(this.#leader.pid, 'SIGKILL');
  }

  #terminate(signal: NodeJS.Signals, tree: boolean): void {
    if (this.#terminating || this.#failed) return;
    this.#terminating = true;
    this.#settleIdentity();
    if (this.#leader === undefined) {
      // There is no process, nor will there be one; but earlier ones may have left daemons behind.
      this.#leaveQueue?.();
      this.#ending.begin(signal);
      return;
    }
    if (this.#exit !== undefined) {
      this.#tellExit(this.#exit, []);
      this.#ending.begin(signal);
    } else if (tree) {
      const group = this.#leader.pid;
      signalGroup(group, signal);
      // What the program starts in answer is in the group too, and is let alone: it is how it ends in order.
      this.#ending.begin(signal, (entry) => entry.group === group);
    } else {
      this.#launched?.signal(signal);
      this.#signalOfTheRest = signal;
      this.#ending.expect();
    }
  }

  /** Nothing follows it, whatever is asked. */
  #fail(error: Fault): void {
    this.#failed = true;
    if (!this.#released) this.#report({ type: 'process.failed', error });
  }

  async #begin(alone: boolean): Promise<void> {
    try {
      const prepared = await this.#prepare();
      if (this.#released || this.#terminating) prepared?.discard();
      else if (prepared !== undefined) await this.#launch(prepared, !alone);
    } catch (error) {
      this.#hasFailed(error);
    }
  }

  async #prepare(): Promise<Prepared | undefined> {
    const file = this.#host.files.get(this.#input.name);
    if (file === undefined || file.spec.revision !== this.#input.revision) {
      this.#fail({ code: 'ESUPERSEDED', message: 'its file changed meanwhile' });
      return undefined;
    }
    const identity = { run: this.#run, colony: this.#host.colony };
    this.#log = file.log;
    return this.#host.launcher.prepare({
      args: this.#input.args,
      environment: environmentOf(file, identity, this.#host.inherited),
      rights: file.rights,
      handOver: (stream) => this.#handOver(stream, file.rights),
    });
  }

  async #launch(prepared: Prepared, aside: boolean): Promise<void> {
    this.#isLaunching = true;
    let failure: unknown;
    try {
      const { stdinMark: stdin } = prepared;
      if (stdin !== undefined) this.#host.announce({ name: this.#input.name, run: this.#run, stdin });
      this.#takeUp(await prepared.launch((exit) => void this.#hasExited(exit), aside));
      // Who was not announced is nobody's before that.
      if (stdin === undefined) this.#settleIdentity();
    } catch (error) {
      failure = error;
    }
    this.#isLaunching = false;
    for (const command of this.#deferred.splice(0)) this.obey(command);
    if (failure !== undefined) this.#hasFailed(failure);
  }

  #takeUp(launched: Launched): void {
    const { pid } = launched;
    this.#launched = launched;
    this.#leader = { pid, startTime: 0 };
    this.#identify = setTimeout(() => this.#settleIdentity(), identifyMs);
    this.#connect(launched);
    this.#host.descendants.remember(this.#run);
    if (this.#released) signalGroup(pid, 'SIGKILL');
    else this.#report({ type: 'process.started', pid, run: this.#run });
  }

  /** Its number may be given to another process, once it is reaped. What cannot be read yet is tried again. */
  #settleIdentity(): void {
    clearTimeout(this.#identify);
    if (this.#leader === undefined || this.#isIdentified) return;
    const startTime = this.#exit === undefined ? startTimeOf(this.#leader.pid) : 0;
    if (startTime === 0 && this.#exit === undefined && hasProc) return;
    this.#isIdentified = true;
    this.#leader = { ...this.#leader, startTime };
    this.#host.identify({ name: this.#input.name, run: this.#run, startTime });
  }

  /** Of a start that is being taken back nobody wants to know how it failed: what is gone is told when it is. */
  #hasFailed(error: unknown): void {
    if (!this.#terminating) this.#fail(startFault(error, this.#executable));
  }

  get #executable(): string {
    return this.#input.args[0] ?? '';
  }

  #handOver(stream: StreamName, rights: Rights): number | undefined {
    // Where a helper may complain it has to be heard.
    if (stream === 'stderr' && Object.keys(rights).length > 0) return undefined;
    return this.#host.outputs.handOver(this.#input.name, stream, this.#log);
  }

  #connect({ helper, stdout, stderr }: Launched): void {
    const { name } = this.#input;
    if (helper !== undefined && stderr !== undefined) this.#complaint = new FirstLine(stderr);
    if (stdout !== undefined) this.#host.outputs.connect(name, 'stdout', stdout, this.#log);
    if (stderr !== undefined) this.#host.outputs.connect(name, 'stderr', stderr, this.#log);
  }

  async #hasExited(exit: Exit): Promise<void> {
    this.#exit = exit;
    this.#settleIdentity();
    if (!this.#terminating) {
      const failure = await helperFailure(this.#complaint, exit, this.#executable);
      const stragglers = await this.#stragglers();
      if (this.#released) return;
      if (failure !== undefined) this.#fail(failure);
      else this.#tellExit(exit, stragglers);
    }
    if (!this.#terminating) return;
    this.#tellExit(exit, []);
    if (this.#signalOfTheRest === undefined) this.#ending.look();
    else this.#ending.begin(this.#signalOfTheRest);
  }

  #tellExit(exit: Exit, stragglers: readonly number[]): void {
    if (this.#exitIsTold) return;
    this.#exitIsTold = true;
    this.#report({ type: 'process.exited', exit, stragglers });
  }

  /** Pids of the session or group that outlive the main process. */
  async #stragglers(): Promise<number[]> {
    const leader = this.#leader;
    if (leader === undefined) return [];
    try {
      if (!exists(-leader.pid) && leftOrphans(leader) === false) return [];
      const survey = await this.#host.table.survey(false);
      return survey.membersOf(leader).map(({ pid }) => pid);
    } catch {
      // It cannot be told (no descriptors left). Nothing may be started beside what perhaps lives on.
      return [leader.pid];
    }
  }

  /** Everything that is left: the session, the group, and what calls itself ours wherever it went. */
  async #find(): Promise<ProcessEntry[]> {
    const leader = this.#leader;
    if (!hasProc) return leader !== undefined && exists(-leader.pid) ? [groupOf(leader)] : [];
    const survey = await this.#host.table.survey(true);
    const members = leader === undefined ? [] : survey.membersOf(leader);
    const found = new Map(members.map((entry) => [entry.pid, entry]));
    for (const entry of this.#host.descendants.of(this.#input.name, survey)) found.set(entry.pid, entry);
    if (leader !== undefined && this.#exit === undefined && found.size === 0) return [{ ...noProcess, ...leader }];
    return [...found.values()];
  }
}

// Once there is a process, nothing may end in "failed": what cannot be read is left open.
function startTimeOf(pid: number): number {
  try {
    return readProcess(pid)?.startTime ?? 0;
  } catch {
    return 0;
  }
}

// Ended but not reaped yet: its exit is on its way.
const noProcess = { parent: 0, group: 0, session: 0, zombie: true, kernelThread: false };

const groupOf = ({ pid }: Leader) => ({ ...noProcess, zombie: false, pid: -pid, group: pid, startTime: 0 });
