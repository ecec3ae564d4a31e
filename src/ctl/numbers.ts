import { ColonyError } from '../errors.js';
import { maxDelay } from '../protocol/durations.js';

/** Throws `EUSAGE`, naming the option. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ColonyError('EUSAGE', `--${option}: expected a whole number`);
}

/** Seconds → ms. Throws `EUSAGE`, naming the option. */
export function secondsIn(option: string, text: string): number {
  const result = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  if (result <= maxDelay) return result;
  throw new ColonyError('EUSAGE', `--${option}: expected seconds from 0 to ${maxDelay / 1000}`);
}
