import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { AnyActorRef, Subscription } from 'xstate';
import type { Fact, SupervisorContext, SupervisorRef } from '../machines/index.js';
import { harmless } from '../machines/listening.js';
import type { Colony } from './colony.js';
import { ColonyError } from './errors.js';
import { HistoryWriter } from './observers/history-writer.js';
import { MonitorFile } from './observers/monitor-file.js';
import { PidFiles } from './observers/pid-files.js';
import { ReplyWriter } from './observers/reply-writer.js';
import { RunRecords } from './observers/run-records.js';
import { StatusWriter } from './observers/status-writer.js';
import { chooseLauncher } from './os/choose-launcher.js';
import type { Launcher, SpawnKind } from './os/launcher.js';
import { fileFault } from './os/trust.js';
import type { Outputs } from './output/outputs.js';
import { rememberedDigests } from './protocol/content-digests.js';
import type { ProgramFile } from './protocol/program-file.js';
import type { MonitorStatus } from './protocol/status-file.js';
import { createRealPorts } from './real-ports.js';

/** Listens to the facts; `close` is called when no more will come. */
export interface Observer {
  readonly observe: (fact: Fact) => void;
  /** Called every `frequency`: what was written may be gone. */
  readonly check?: () => void;
  readonly close?: () => void;
}

export interface Tending {
  /** Of whoever runs the colony, as it is to be found by. */
  readonly own: MonitorStatus;
  /** Between two full rescans, ms. */
  readonly frequency: number;
  /** One file per program with its pid. */
  readonly pid: string | undefined;
  readonly trustDirectories: boolean;
  readonly spawn: SpawnKind | undefined;
  /** Whether the signals of this process are listened to. */
  readonly signals: boolean;
  readonly outputs: Outputs;
  readonly warn: (problem: string) => void;
  readonly debug: (remark: string) => void;
}

/** Who listens besides those that the colony's own files need. */
export interface Guests {
  readonly first?: readonly Observer[];
  readonly last?: readonly Observer[];
}

/** How long the last words of programs are waited for when all are down, in ms. */
const lastWordsMs = 1_000;

/**
 * Opens what a supervisor of these directories needs: its actors, and the observers without which a later monitor would
 * not find what this one leaves. Rejects with `EHELPER` where the launcher that was asked for cannot be had.
 */
export async function tendColony(colony: Colony, tending: Tending) {
  const launcher = await chooseLauncher(tending.spawn, tending.debug);
  const records = new RunRecords(colony.paths.runs, colony.records, tending.warn);
  const files = new Map<string, ProgramFile>();
  const keeper = new Keeper(colony, tending, { launcher, records, files });
  const { actors, leftovers } = await createRealPorts(colony, {
    files,
    frequency: tending.frequency,
    launcher,
    outputs: tending.outputs,
    recorded: records.last,
    announce: (start) => {
      // Without a record a process would be nobody's, should this one be killed.
      if (!keeper.isObserving) throw new ColonyError('EUSAGE', 'nobody observes this supervisor: see observe()');
      records.announce(start);
    },
    identify: (process) => records.identify(process),
    trustedUsers: [process.geteuid?.() ?? 0, statSync(colony.messages).uid],
    refuseOwner: tending.trustDirectories ? () => undefined : fileFault,
    signals: tending.signals,
    warn: tending.warn,
    begun: (parent) => {
      if (isSupervisor(parent)) keeper.observe(parent);
    },
  });
  return { actors, leftovers, files, keeper };
}

function isSupervisor(actor: AnyActorRef | undefined): actor is SupervisorRef {
  const snapshot: unknown = actor?.getSnapshot();
  const machine: unknown = typeof snapshot === 'object' && snapshot !== null && Reflect.get(snapshot, 'machine');
  return typeof machine === 'object' && machine !== null && Reflect.get(machine, 'id') === 'supervisor';
}

/** XState reports what a listener throws as an uncaught error, which would end this process: from now on it is told. */
function shield(actor: SupervisorRef, onError: (error: unknown) => void): void {
  const on = actor.on.bind(actor);
  actor.on = (type, listener) => on(type, harmless(listener, onError));
}

interface Kept {
  readonly launcher: Launcher;
  readonly records: RunRecords;
  /** The program files in force, by name. */
  readonly files: ReadonlyMap<string, ProgramFile>;
}

/** Keeps the files of a colony while a supervisor lives, and lets go of the directories when it ends. */
export class Keeper {
  readonly #colony: Colony;
  readonly #tending: Tending;
  readonly #kept: Kept;
  #actor: SupervisorRef | undefined;
  #observers: readonly Observer[] = [];
  #subscriptions: readonly Subscription[] = [];
  #checks: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(colony: Colony, tending: Tending, kept: Kept) {
    this.#colony = colony;
    this.#tending = tending;
    this.#kept = kept;
  }

  get isObserving(): boolean {
    return this.#actor !== undefined;
  }

  /** Listens to a supervisor, from now to its end. Throws `EUSAGE` where it listens to another one, or did. */
  observe(actor: SupervisorRef, guests: Guests = {}): void {
    if (this.#actor === actor) return;
    if (this.#actor !== undefined || this.#closing !== undefined) {
      throw new ColonyError('EUSAGE', 'these actors are for one life of one supervisor: nodeActors() gives others');
    }
    this.#actor = actor;
    shield(actor, (error) => this.#tending.warn(`a listener failed: ${String(error)}`));
    this.#observers = [...(guests.first ?? []), ...this.#own(actor), ...(guests.last ?? [])];
    this.#checks = setInterval(() => {
      for (const observer of this.#observers) this.#shielded('a check', () => observer.check?.());
    }, this.#tending.frequency).unref();
    const facts = actor.on('*', (fact) => {
      for (const observer of this.#observers) this.#shielded(fact.type, () => observer.observe(fact));
    });
    const close = () => void this.close();
    const end = actor.subscribe({ complete: close, error: close });
    this.#subscriptions = [facts, end];
  }

  /**
   * Lets go of everything, when the last words of the programs are written. While a supervisor is active the directories
   * are its own: then it is done at its end.
   */
  close(): Promise<void> {
    const actor = this.#actor;
    if (this.#closing === undefined && actor?.getSnapshot().status === 'active') {
      return new Promise((resolve) => {
        const close = () => resolve(this.close());
        actor.subscribe({ complete: close, error: close });
      });
    }
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#checks);
    // The supervisor tells its last fact before it ends, and then this is called.
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#tending.outputs.finish(lastWordsMs);
    for (const observer of this.#observers) this.#shielded('the end', () => observer.close?.());
    this.#kept.launcher.close();
    this.#colony.held.release();
  }

  #own(actor: SupervisorRef): readonly Observer[] {
    const { paths, records: before } = this.#colony;
    const { own, pid, warn, outputs } = this.#tending;
    const { records, files } = this.#kept;
    const contentKey = randomBytes(32).toString('base64url');
    const digestsOf = rememberedDigests(contentKey);
    const contentOf = (name: string) => {
      const file = files.get(name);
      return file === undefined ? null : digestsOf(file);
    };
    return [
      records,
      // Before those that write into the directories which it keeps.
      new MonitorFile(paths, own, contentKey, warn),
      new StatusWriter(paths.status, actor, contentOf, warn),
      new HistoryWriter(paths.history, {
        monitor: { pid: own.pid, since: own.since },
        isProgram: (name) => isProgram(actor.getSnapshot().context, name),
        warn,
      }),
      new ReplyWriter(paths.replies, warn),
      ...(pid === undefined
        ? []
        : [new PidFiles(pid, new Set([...before.runs.map(({ name }) => name), ...before.last.keys()]), warn)]),
      { observe: (fact) => fact.type === 'supervisor.rescanned' && outputs.reopen() },
    ];
  }

  // XState reports an error of a listener as an uncaught one: it would take the monitor down, as one of a timer does.
  #shielded(when: string, action: () => void): void {
    harmless<void>(action, (error) => this.#tending.warn(`a listener failed at ${when}: ${String(error)}`))();
  }
}

function isProgram({ specs, programs, faults }: SupervisorContext, name: string): boolean {
  return specs.has(name) || programs.has(name) || faults.has(name);
}
