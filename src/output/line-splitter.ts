/** The longest line that is passed on whole, in bytes; a longer one is cut into pieces of this size. */
export const maxLineBytes = 64 * 1024;

const newline = 0x0a;

/** Cuts the chunks of one stream into lines, without their ends; memory is bounded by one line. */
export class LineSplitter {
  readonly #onLines: (lines: readonly string[]) => void;
  #found: string[] = [];
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(onLines: (lines: readonly string[]) => void) {
    this.#onLines = onLines;
  }

  push(chunk: Buffer): void {
    const first = chunk.indexOf(newline);
    const end = first === -1 ? 0 : chunk.lastIndexOf(newline) + 1;
    if (end > 0) this.#split(chunk, first, end - 1);
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    this.#tell();
  }

  /** The last line, when it has no end. */
  end(): void {
    if (this.#restBytes > 0) this.#finish(Buffer.alloc(0));
    this.#tell();
  }

  #tell(): void {
    if (this.#found.length === 0) return;
    this.#onLines(this.#found);
    this.#found = [];
  }

  /** What stands before the last newline, with what was kept in front. */
  #split(chunk: Buffer, first: number, last: number): void {
    let start = 0;
    if (this.#restBytes > 0) {
      this.#finish(chunk.subarray(0, first));
      start = first + 1;
    }
    if (start > last) return;
    if (last - start <= maxLineBytes) {
      // At once, which is several times as fast: a newline is in no other character.
      this.#found.push(...withoutReturns(chunk.toString('utf8', start, last)));
      return;
    }
    for (let end = chunk.indexOf(newline, start); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#pass(chunk.subarray(start, end));
      start = end + 1;
    }
  }

  #keep(piece: Buffer): void {
    // Copied: the stream's chunk would be kept whole for the sake of a few bytes.
    this.#rest.push(Buffer.from(piece));
    this.#restBytes += piece.length;
    // One more than fits: only the next byte tells whether a character ends here.
    if (this.#restBytes > maxLineBytes) this.#cut();
  }

  #finish(piece: Buffer): void {
    const line = Buffer.concat([...this.#rest, piece]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#pass(line);
  }

  #pass(line: Buffer): void {
    this.#found.push(...withoutReturns(this.#passPieces(line).toString()));
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
      this.#found.push(rest.toString('utf8', 0, length));
      rest = rest.subarray(length);
    }
    return rest;
  }
}

/** The lines of a text, which may end in a carriage return each. */
function withoutReturns(text: string): string[] {
  const lines = text.split('\n');
  return text.includes('\r') ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines;
}

/** The largest length up to `limit` that cuts no UTF-8 character in two. */
function wholeCharacters(bytes: Buffer, limit: number): number {
  let length = limit;
  while (length > limit - 4 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return length > limit - 4 ? length : limit;
}
