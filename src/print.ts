import { reasonOf, systemCode } from './errors.js';

let isGuarded = false;

/** Writes to standard output. Who has seen enough of it (`| head -1`) is no fault; a full disk is, with exit code 1. */
export function print(text: string): void {
  if (!isGuarded) process.stdout.on('error', complain);
  isGuarded = true;
  process.stdout.write(text);
}

/**
 * What was printed is out. A file or a terminal has it at once, a pipe as much as it has room for: where a reader takes
 * its time the rest waits for it.
 */
export async function printed(): Promise<void> {
  if (isGuarded && process.stdout.writableLength > 0) {
    await new Promise<void>((done) => process.stdout.write('', () => done()));
  }
  // What went wrong is told a turn later.
  await new Promise<void>((done) => void setImmediate(done));
}

function complain(error: Error): void {
  if (systemCode(error) === 'EPIPE') return;
  process.stderr.write(`ncolony: standard output: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
