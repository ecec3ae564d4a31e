/** What a supervisor is asked to run. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
}

let batches = 0;

/** Programs that do nothing, and that can be told from everything else on the machine by their last word. */
export class Idlers {
  /** Seconds that nobody waits for; what follows the point is ours alone. */
  readonly #mark = `86400.${String(process.pid).padStart(7, '0')}${String(batches++).padStart(4, '0')}`;

  /** The word by which a process is recognised, and the number of its program behind it. */
  word(index: number): string {
    return `${this.#mark}${String(index).padStart(6, '0')}`;
  }

  /** Whether a process with this command line is, or is about to be, one of these programs. */
  isOne(commandLine: string): boolean {
    return commandLine.includes(this.#mark);
  }

  /** The number of the program that a process with this command line runs. */
  indexOf(commandLine: string): number | undefined {
    const at = commandLine.startsWith('/bin/sleep\0') ? commandLine.indexOf(this.#mark) : -1;
    return at < 0 ? undefined : Number(commandLine.slice(at + this.#mark.length, at + this.#mark.length + 6));
  }

  idler(index: number): Program {
    return { name: `p${index}`, args: ['/bin/sleep', this.word(index)] };
  }

  several(count: number): Program[] {
    return Array.from({ length: count }, (_, index) => this.idler(index));
  }

  /** One that says its name and pid into a FIFO before it idles, in 1 ms of its own. */
  announcer(name: string, index: number, fifo: string): Program {
    return shell(name, `echo ${name} $$ >${fifo}; exec /bin/sleep ${this.word(index)}`);
  }
}

/** A program in one line of shell, which may hold no single quotes. */
export function shell(name: string, line: string): Program {
  return { name, args: ['/bin/sh', '-c', line] };
}
