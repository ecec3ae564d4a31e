import type { Fault } from './ports.js';

/**
 * When a supervisor gives up: at more than `deaths` deaths that nobody asked for, of all its programs together, within
 * `within` ms. Rule of OTP's supervisors (`intensity` and `period`).
 */
export interface Intensity {
  readonly deaths: number;
  readonly within: number;
}

export const gaveUp = ({ deaths, within }: Intensity, last: string): Fault => ({
  code: 'EGAVEUP',
  message: `more than ${deaths} deaths within ${within / 1000} s, the last of ${last}`,
});
