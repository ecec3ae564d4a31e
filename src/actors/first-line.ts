import type { Readable } from 'node:stream';

const longest = 500;

/** Listens for the first line of a stream that somebody else reads. */
export class FirstLine {
  #text = '';
  #isWhole = false;
  #onWhole: (() => void) | undefined;

  constructor(source: Readable) {
    const listen = (chunk: Buffer) => {
      this.#text += chunk.toString('utf8', 0, longest);
      if (this.#text.includes('\n') || this.#text.length >= longest) end();
    };
    const end = () => {
      source.off('data', listen);
      this.#isWhole = true;
      this.#onWhole?.();
    };
    source.on('data', listen).once('close', end);
  }

  /** As much of the line as comes within `deadline` ms. */
  async read(deadline: number): Promise<string> {
    if (!this.#isWhole) {
      await new Promise<void>((resolve) => {
        this.#onWhole = resolve;
        // After a look at what has come meanwhile: it may have been this process that was late.
        setTimeout(() => setImmediate(resolve), deadline);
      });
    }
    return this.#text.split('\n', 1)[0] ?? '';
  }
}
