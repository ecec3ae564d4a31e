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
  readonly source: Source;
}

/** Where what the model knows comes from. */
export interface Source {
  /** Tell all of this program, or of none. */
  watch(name: string | undefined): void;
  /** Tell of the actors and what they say. */
  follow(on: boolean): void;
  /** Orders what `ctl` would. Resolves to what went wrong, or to nothing. */
  order(name: string, word: string): Promise<string | undefined>;
}
