import { ColonyError } from '../errors.js';

/** The longest wait that a timer of Node can hold, in ms; beyond it fires at once. */
export const maxDelay = 2 ** 31 - 1;

/** Ms as the seconds that are typed. */
export const secondsText = (ms: number): string => String(ms / 1000);

/** Seconds as they were typed → ms, between two bounds in ms. Throws `EUSAGE`, naming the option. */
export function milliseconds(option: string, text: string, least = 0, most = maxDelay): number {
  const result = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  if (result >= least && result <= most) return result;
  throw new ColonyError('EUSAGE', `--${option}: expected seconds from ${secondsText(least)} to ${secondsText(most)}`);
}
