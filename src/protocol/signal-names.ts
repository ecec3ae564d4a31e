import { constants } from 'node:os';

/** `HUP`, `hup` and `SIGHUP` alike; `undefined` where there is no such signal on this system. */
export function signalNamed(name: string): NodeJS.Signals | undefined {
  const upper = name.toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return full in constants.signals ? (full as NodeJS.Signals) : undefined;
}
