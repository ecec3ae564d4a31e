import { identityOf } from '../../protocol/directory.js';
import type { Places } from '../places.js';

type Messages = Pick<Places, 'messages'>;

/**
 * The colonies that one report has looked at, by which directory their messages have: their files may lead to one another
 * in rings, and by more ways than could be gone.
 */
export class SeenColonies {
  readonly #seen = new Set<string>();
  readonly #most: number;

  /** So many are looked at: what is below may be written by others. */
  constructor(most = 1_000) {
    this.#most = most;
  }

  see(places: Messages): void {
    const mark = markOf(places);
    if (mark !== undefined) this.#seen.add(mark);
  }

  /** Why a colony is not looked at below these, in a few words; `undefined` where it is. */
  refusal(places: Messages): string | undefined {
    const mark = markOf(places);
    if (mark !== undefined && this.#seen.has(mark)) return 'a colony cannot be below itself, nor below two programs';
    return this.#seen.size < this.#most ? undefined : 'so many colonies are not looked at';
  }
}

/** `undefined`: no monitor ever wrote there, and so nothing is below it. */
function markOf({ messages }: Messages): string | undefined {
  try {
    return identityOf(messages);
  } catch {
    return undefined;
  }
}
