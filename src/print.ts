import { reasonOf, systemCode } from './errors.js';

let isGuarded = false;

/** Writes to standard output. Who has seen enough of it (`| head -1`) is no fault; a full disk is, with exit code 1. */
export function print(text: string): void {
  if (!isGuarded) process.stdout.on('error', complain);
  isGuarded = true;
  process.stdout.write(text);
}

function complain(error: Error): void {
  if (systemCode(error) === 'EPIPE') return;
  process.stderr.write(`ncolony: standard output: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
