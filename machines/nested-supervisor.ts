import { createActor, fromCallback, type ActorOptions, type CallbackActorLogic } from 'xstate';
import { defectOf, type Fault, type ProcessCommand, type ProcessEvent, type ProcessInput } from './ports.js';
import type { supervisorMachine, SupervisorRef } from './supervisor.js';
import { leftOf, type SupervisorEvent, type SupervisorInput } from './supervisor-context.js';

/** A supervisor that is about to be run as the process of a program. */
export interface NestedSupervisor extends Pick<ActorOptions<typeof supervisorMachine>, 'clock' | 'inspect'> {
  /** With its actors provided. */
  readonly machine: typeof supervisorMachine;
  readonly input: SupervisorInput;
  /** Told of the actor, before it is started. */
  readonly show?: (actor: SupervisorRef) => void;
  /** Called when it has ended; its end is told after that. */
  readonly close?: () => Promise<void>;
}

/**
 * A `process` actor whose every incarnation is a whole supervisor, in this same process: a tree as in OTP.
 *
 * It exits with 0 when it was stopped, with 1 when it gave up or broke: then the program above it backs off and starts a
 * new one, and what gives up again and again makes its own parent give up. It has no pid (0). `process.terminate` is a
 * `shutdown`, `process.kill` a `shutdown.force`, the signal `SIGHUP` a rescan. `open` may fail: the start has failed.
 */
export function supervisorProcess(
  open: (input: ProcessInput) => NestedSupervisor | Promise<NestedSupervisor>,
): CallbackActorLogic<ProcessCommand, ProcessInput> {
  let runs = 0;
  return fromCallback<ProcessCommand, ProcessInput>(({ input, sendBack, receive }) => {
    runs += 1;
    const incarnation = new Incarnation(`${input.name}/${runs}`, sendBack);
    receive((command) => incarnation.obey(command));
    void incarnation.start(() => open(input));
    return () => incarnation.release();
  });
}

class Incarnation {
  readonly #run: string;
  readonly #report: (event: ProcessEvent) => void;
  #actor: SupervisorRef | undefined;
  #isTerminating = false;
  #isReleased = false;
  #isOver = false;
  /** There is none: nothing follows, whatever is asked. */
  #hasFailed = false;

  constructor(run: string, report: (event: ProcessEvent) => void) {
    this.#run = run;
    this.#report = report;
  }

  async start(open: () => NestedSupervisor | Promise<NestedSupervisor>): Promise<void> {
    try {
      const opened = await open();
      if (this.#isReleased || this.#isTerminating) {
        await opened.close?.();
        return this.#goneIfAsked();
      }
      this.#begin(opened);
    } catch (error) {
      this.#isOver = true;
      this.#hasFailed = !this.#isTerminating;
      if (this.#isTerminating) this.#goneIfAsked();
      else if (!this.#isReleased) this.#report({ type: 'process.failed', error: faultOf(error) });
    }
  }

  obey(command: ProcessCommand): void {
    if (this.#hasFailed) return;
    switch (command.type) {
      case 'process.terminate':
        if (this.#isTerminating) break;
        this.#isTerminating = true;
        if (this.#isOver) this.#goneIfAsked();
        else this.#order({ type: 'shutdown' });
        break;
      case 'process.kill':
        this.#order({ type: 'shutdown.force' });
        break;
      case 'process.signal':
        if (command.signal === 'SIGHUP') this.#order({ type: 'signal.received', signal: 'SIGHUP' });
        break;
    }
  }

  /** Nobody is told any more: what runs below is ended at once by its own actors. */
  release(): void {
    this.#isReleased = true;
    this.#actor?.stop();
  }

  #order(order: SupervisorEvent): void {
    if (this.#actor?.getSnapshot().status === 'active') this.#actor.send(order);
  }

  #begin({ machine, input, clock, inspect, show, close }: NestedSupervisor): void {
    const actor = createActor(machine, { input, ...(clock && { clock }), ...(inspect && { inspect }) });
    this.#actor = actor;
    const end = (code: number, left: readonly number[]) => void this.#end(code, left, close);
    actor.subscribe({
      complete: () => {
        const { output, context } = actor.getSnapshot();
        const left = leftOf(context).flatMap((name) => context.programs.get(name)?.getSnapshot().context ?? []);
        const mains = left.flatMap(({ pid }) => pid ?? []);
        const pids = mains.concat(left.flatMap(({ stragglers }) => stragglers));
        end(output !== undefined && output.left.length === 0 && output.gaveUp === undefined ? 0 : 1, pids);
      },
      error: () => end(1, []),
    });
    show?.(actor);
    this.#report({ type: 'process.started', pid: 0, run: this.#run });
    actor.start();
  }

  async #end(code: number, left: readonly number[], close: NestedSupervisor['close']): Promise<void> {
    try {
      await close?.();
    } finally {
      this.#isOver = true;
      if (!this.#isReleased) {
        this.#report({ type: 'process.exited', exit: { code, signal: null }, stragglers: [] });
        if (left.length > 0) this.#report({ type: 'process.stuck', pids: left });
        else this.#goneIfAsked();
      }
    }
  }

  #goneIfAsked(): void {
    if (this.#isTerminating && !this.#isReleased) this.#report({ type: 'process.gone' });
  }
}

/** A code of its own where the error has one. */
function faultOf(error: unknown): Fault {
  const failed = { type: 'open', error };
  const { message, code } = defectOf(failed);
  return { message, code: error instanceof Error && 'code' in error ? String(error.code) : code };
}
