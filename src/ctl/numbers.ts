import { ColonyError } from '../errors.js';

/** Throws `EUSAGE`, naming the option. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ColonyError('EUSAGE', `--${option}: expected a whole number`);
}
