/** The longest line that is passed on whole, in bytes; a longer one is cut into pieces of this size. */
export const maxLineBytes = 64 * 1024;

/** Cuts the chunks of one stream into lines, without their ends; memory is bounded by one line. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start === chunk.length) return;
    // Copied: the stream's chunk would be kept whole for the sake of a few bytes.
    this.#rest.push(Buffer.from(chunk.subarray(start)));
    this.#restBytes += chunk.length - start;
    // One more than fits: only the next byte tells whether a character ends here.
    if (this.#restBytes > maxLineBytes) this.#cut();
  }

  /** The last line, when it has no end. */
  end(): void {
    if (this.#restBytes > 0) this.#finish(Buffer.alloc(0));
  }

  #finish(piece: Buffer): void {
    if (this.#restBytes === 0) return this.#pass(piece);
    const line = Buffer.concat([...this.#rest, piece]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#pass(line);
  }

  #pass(line: Buffer): void {
    const rest = this.#passPieces(line);
    this.#onLine(rest.toString('utf8', 0, rest.at(-1) === 0x0d ? rest.length - 1 : rest.length));
  }

  #cut(): void {
    const rest = this.#passPieces(Buffer.concat(this.#rest));
    this.#rest = [rest];
    this.#restBytes = rest.length;
  }

  #passPieces(line: Buffer): Buffer {
    let rest = line;
    while (rest.length > maxLineBytes) {
      const length = wholeCharacters(rest, maxLineBytes);
      this.#onLine(rest.toString('utf8', 0, length));
      rest = rest.subarray(length);
    }
    return rest;
  }
}

/** The largest length up to `limit` that cuts no UTF-8 character in two. */
function wholeCharacters(bytes: Buffer, limit: number): number {
  let length = limit;
  while (length > limit - 4 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return length > limit - 4 ? length : limit;
}
