import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A FIFO into which programs say their name and pid when they begin: seen from outside, whoever supervises them. */
export class Announcements {
  readonly path: string;
  readonly #listeners = new Set<(name: string, pid: number) => void>();
  readonly #socket: Socket;

  constructor(path: string) {
    this.path = path;
    execFileSync('mkfifo', [path]);
    // For both: it then never ends, however many writers come and go.
    this.#socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
    createInterface({ input: this.#socket }).on('line', (line) => {
      const [name = '', pid] = line.split(' ');
      for (const listener of this.#listeners) listener(name, Number(pid));
    });
  }

  /** The pid of the next process of this program; rejects after `patienceMs`. */
  next(name: string, patienceMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${name} did not begin within ${patienceMs} ms`));
      }, patienceMs);
      const listener = (announced: string, pid: number) => {
        if (announced !== name) return;
        end();
        resolve(pid);
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
