import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { carefulReading } from '../../protocol/file-bytes.js';
import { readLogFile, type ProgramLogFile } from '../../protocol/log-names.js';

const blockBytes = 64 * 1024;
const newline = 0x0a;

/**
 * The lines of a file, or of so many bytes of it, the last one first: who wants few of them does not read all of it.
 * Throws where it is no regular file, without waiting at a fifo.
 */
export async function* linesBackwards(
  file: Pick<ProgramLogFile, 'path' | 'isGzip'>,
  bytes = Infinity,
): AsyncGenerator<string> {
  if (file.isGzip) {
    const whole = await buffer(readLogFile(file));
    yield* backwards([whole]);
    return;
  }
  const descriptor = openSync(file.path, carefulReading);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('is not a regular file');
    yield* backwards(blocksOf(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

function* blocksOf(descriptor: number, bytes: number): Generator<Buffer> {
  for (let end = Math.min(fstatSync(descriptor).size, bytes); end > 0;) {
    const start = Math.max(0, end - blockBytes);
    const block = Buffer.alloc(end - start);
    const length = readSync(descriptor, block, 0, block.length, start);
    yield block.subarray(0, length);
    end = start;
  }
}

/** Of blocks that are given the last one first. */
function* backwards(blocks: Iterable<Buffer>): Generator<string> {
  let rest: Buffer[] = [];
  let isFirst = true;
  for (const block of blocks) {
    if (block.length === 0) continue;
    let end = block.length;
    // What follows the last newline is a line only if there is something.
    if (isFirst && block[end - 1] === newline) end--;
    isFirst = false;
    for (let at = end === 0 ? -1 : block.lastIndexOf(newline, end - 1); at !== -1;) {
      yield Buffer.concat([block.subarray(at + 1, end), ...rest]).toString();
      rest = [];
      end = at;
      at = end === 0 ? -1 : block.lastIndexOf(newline, end - 1);
    }
    rest.unshift(block.subarray(0, end));
  }
  if (!isFirst) yield Buffer.concat(rest).toString();
}
