import type { Readable } from 'node:stream';

/** Keeps count of the streams that are being read, so that an end can wait for their last bytes. */
export class Drain {
  readonly #open = new Set<Readable>();
  #onEmpty: (() => void) | undefined;

  add(source: Readable): void {
    this.#open.add(source);
    source.on('error', () => source.destroy());
    source.once('close', () => {
      this.#open.delete(source);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
  }

  /** Resolves when every stream has ended; those that have not after `deadline` ms are closed. */
  async finish(deadline: number): Promise<void> {
    if (this.#open.size === 0) return;
    const { promise, resolve } = deferred();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => {
      for (const source of this.#open) source.destroy();
    }, deadline);
    await promise;
    clearTimeout(timer);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => undefined as void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
