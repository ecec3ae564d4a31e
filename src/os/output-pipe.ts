import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** How many bytes of what was said before can be put in front of a chunk without copying the chunk. */
const roomBefore = 64 * 1024;
/** What a pipe mostly holds, and what that of a loud program holds: who writes and who reads it then wait less often. */
const fullPipe = 64 * 1024;
export const loudPipe = 4 * fullPipe;
// Together a fifth of what the kernel gives a user who is not privileged; when that is used up, all of its pipes are tiny.
const mostLoud = 64;
let loud = 0;
// More than a pipe mostly holds: a read that does not fill it is the last of its turn, so that one loud program does not get several.
const roomForRead = loudPipe + 2 * fullPipe;
/** All pipes are read into this one: what is said is passed on before the next read, so none needs a buffer of its own. */
const area = Buffer.allocUnsafeSlow(roomBefore + roomForRead);
const readInto = area.subarray(roomBefore);

/**
 * Reads a pipe. What a listener of `data` is given holds only while it is called, unless it makes a copy; whoever reads
 * the stream otherwise gets copies. Pausing it stops the reading, and then the pipe fills up.
 *
 * `enlarge`: called once, when the pipe was found full, unless too many were enlarged before.
 */
export function readPipe(descriptor: number, enlarge?: (descriptor: number) => void): Socket {
  let isLoud = enlarge === undefined;
  // The declarations know it of `connect` only.
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
    fd: descriptor,
    readable: true,
    writable: false,
    onread: {
      buffer: readInto,
      callback: (length) => {
        if (!isLoud && length >= fullPipe && loud < mostLoud) {
          isLoud = true;
          loud++;
          socket.once('close', () => loud--);
          enlarge?.(descriptor);
        }
        return pass(readInto.subarray(0, length));
      },
    },
  };
  const socket = new Socket(options);
  const pass = (chunk: Buffer): boolean => {
    if (socket.readableFlowing !== true || socket.readableLength > 0) return socket.push(Buffer.from(chunk));
    socket.emit('data', chunk);
    return true;
  };
  return socket;
}

/** A chunk of a stream with what came before it in front: without a copy of the chunk, where it came from `readPipe`. */
export function withBefore(before: readonly Buffer[], bytes: number, chunk: Buffer): Buffer {
  if (bytes === 0) return chunk;
  const start = chunk.byteOffset - area.byteOffset - bytes;
  if (chunk.buffer !== area.buffer || start < 0) return Buffer.concat([...before, chunk]);
  let at = start;
  for (const piece of before) at += piece.copy(area, at);
  return area.subarray(start, at + chunk.length);
}
