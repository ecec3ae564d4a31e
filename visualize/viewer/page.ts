import type { Connection } from './connection.js';
import type { Change, Model } from './model.js';

/** One of the views. */
export interface Page {
  readonly element: HTMLElement;
  readonly title: string;
  /** Draws what changed. */
  update(changes: ReadonlySet<Change>): void;
  /** Draws what time alone changes; called often. */
  tick?(): void;
  /** A key that no field took; whether it meant something. */
  key?(event: KeyboardEvent): boolean;
  close?(): void;
}

/** What pages live in. */
export interface House {
  readonly model: Model;
  /** `undefined`: nobody can be asked (a replay). */
  readonly connection: Connection | undefined;
}
