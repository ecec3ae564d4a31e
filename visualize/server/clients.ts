import { WebSocket } from 'ws';

/** So much may wait for a client that reads slowly; one that lets more pile up, or gives no sign of life, is dropped. */
const mostWaitingBytes = 16 * 1024 * 1024;
const heartbeatMs = 15_000;
const farewellMs = 1_000;

/** The clients of a stream. Nobody waits for any of them, and what is kept for them is bounded. */
export class Clients {
  readonly #most: number;
  readonly #alive = new Map<WebSocket, boolean>();
  readonly #heartbeat: NodeJS.Timeout;

  /** `most`: how many are served at once. */
  constructor(most: number) {
    this.#most = most;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref();
  }

  get size(): number {
    return this.#alive.size;
  }

  /** Whether there was room for it. `onClose` is called once, however it ends. */
  add(socket: WebSocket, onClose: () => void): boolean {
    // What is malformed or too large ends the connection of whoever sent it.
    socket.on('error', () => socket.terminate());
    if (this.#alive.size >= this.#most) {
      socket.close(1013, 'too many viewers');
      return false;
    }
    this.#alive.set(socket, true);
    socket.on('pong', () => this.#alive.set(socket, true));
    socket.once('close', () => {
      this.#alive.delete(socket);
      onClose();
    });
    return true;
  }

  send(socket: WebSocket, text: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > mostWaitingBytes) socket.terminate();
    else socket.send(text);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const socket of this.#alive.keys()) {
      socket.close(1001, 'the monitor ends');
      setTimeout(() => socket.terminate(), farewellMs).unref();
    }
  }

  #beat(): void {
    for (const [socket, isAlive] of this.#alive) {
      if (!isAlive) {
        socket.terminate();
        continue;
      }
      this.#alive.set(socket, false);
      socket.ping();
    }
  }
}
