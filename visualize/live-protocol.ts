import type { Fact, Timings } from '../machines/index.js';
import type { ProgramStatus } from '../src/protocol/status-file.js';

/** A program as the page knows it: its status, durations in milliseconds. No environment value is in it. */
export interface ProgramView extends Omit<ProgramStatus, 'rejected' | 'revision'> {
  /** The wait of the next back-off. */
  readonly restartDelay: number | null;
  readonly isRejected: boolean;
}

/** A program of a colony that a program is the monitor of, or, without a name, what is wrong with that colony. */
export interface ProgramBelow extends Pick<ProgramView, 'name' | 'state' | 'pid' | 'restarts' | 'group' | 'startedAt'> {
  /** 1: of a colony right below this one. */
  readonly depth: number;
  readonly fault: string | null;
}

/** A fact and when it was told, in milliseconds of the server's wall clock. */
export interface Told {
  readonly at: number;
  readonly fact: Fact;
}

export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What a program's file says, without the values of its environment and of its extras. */
export interface ConfigView {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly envInherit: readonly string[];
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  readonly extras: readonly string[];
}

/** An event on its way from one actor to another. */
export interface Flow {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

export interface ActorView {
  /** Its way from the root, such as `supervisor/ward/0/program/web/process`. */
  readonly id: string;
  readonly parent: string | null;
  readonly label: string;
  /** Where it is a machine. */
  readonly state: string | null;
}

/** What the server says. `now` is its wall clock: that of the viewer may differ. */
export type ServerMessage =
  | {
      readonly type: 'hello';
      readonly now: number;
      readonly monitor: { readonly pid: number; readonly since: string; readonly version: string };
      readonly timings: Timings;
      readonly control: boolean;
      readonly programs: readonly ProgramView[];
      readonly facts: readonly Told[];
    }
  | {
      readonly type: 'changes';
      readonly now: number;
      readonly programs: readonly ProgramView[];
      readonly removed: readonly string[];
      /** The latest of what was told since the last change. */
      readonly facts: readonly Told[];
      readonly stopping: boolean;
    }
  /** The answer to `watch`, and again when what the file says may have changed. */
  | {
      readonly type: 'program';
      readonly name: string;
      readonly history: readonly Told[];
      readonly config: ConfigView | null;
      readonly context: Readonly<Record<string, unknown>>;
    }
  /** All colonies below, by the names of their programs: now and then, when they have changed. */
  | {
      readonly type: 'below';
      readonly colonies: readonly { readonly name: string; readonly programs: readonly ProgramBelow[] }[];
    }
  | { readonly type: 'context'; readonly name: string; readonly context: Readonly<Record<string, unknown>> }
  | { readonly type: 'output'; readonly name: string; readonly lines: readonly OutputLine[] }
  | { readonly type: 'actors'; readonly actors: readonly ActorView[] }
  | { readonly type: 'flows'; readonly flows: readonly Flow[]; readonly dropped: number };

/** What a viewer asks for. */
export type ViewerMessage =
  /** Tell me all of this program, or of none. */
  | { readonly type: 'watch'; readonly name: string | null }
  /** Tell me of the actors and what they say to each other. */
  | { readonly type: 'follow'; readonly on: boolean };

/** Seconds in which silence means that the connection is lost; the server says something twice in that time. */
export const silenceMs = 5_000;

/** What the page is served for: a monitor, a recording of one, or a simulation in the page itself. */
export interface Session {
  readonly mode: 'live' | 'replay' | 'playground';
}
