import { readFileSync } from 'node:fs';

/** Tells one boot of the machine from another; empty where the system does not say. */
export const bootId = readBootId();

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
