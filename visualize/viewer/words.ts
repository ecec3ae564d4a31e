import type { Fact } from '../../machines/index.js';
import { narrate } from '../../src/observers/narrator.js';
import type { ProgramView } from '../live-protocol.js';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A fact in the words of the monitor's log. */
export function worded(fact: Fact): { readonly level: Level; readonly text: string } {
  let said: { level: Level; text: string } = { level: 'info', text: fact.type };
  const hear = (level: Level) => (_fact: Fact, text: string) => void (said = { level, text });
  const logger = { debug: hear('debug'), info: hear('info'), warn: hear('warn'), error: hear('error') };
  narrate(logger as unknown as Parameters<typeof narrate>[0], fact);
  return said;
}

/** A duration in ms for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${two((seconds % 86_400) / 3600)} h`;
}

/** The time of day, with tenths of a second. */
export function timeText(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const tenths = Math.floor(time.getMilliseconds() / 100);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${tenths}`;
}

export function exitText(program: ProgramView): string {
  const { lastExit } = program;
  if (lastExit === null) return 'none yet';
  return lastExit.signal === null ? `code ${lastExit.code}` : lastExit.signal;
}

/** The state as a word; a program whose file never was good has none. */
export const stateWord = (program: ProgramView) => program.state ?? 'rejected';

/** How urgently somebody should look. */
export const urgency = ['killing', 'backing-off', 'rejected', 'starting', 'stopped', 'running'];
