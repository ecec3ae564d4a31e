import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, reasonOf, systemCode } from '../../errors.js';
import {
  historyFileOf,
  monitorHistory,
  parseHistory,
  type HistoryEntry,
  type MonitorEvent,
} from '../../protocol/history-file.js';
import { runtimePaths } from '../../protocol/runtime-directory.js';
import type { Places } from '../places.js';

/**
 * What happened to a program and, from the monitor's start before it on, to its monitors, the oldest first; empty where
 * nothing is known of that name. Throws `EDIRECTORY` where it may not be read.
 */
export function readHistory({ messages }: Pick<Places, 'messages'>, name: string): readonly HistoryEntry[] {
  if (/^\.|[/\0]/.test(name)) return [];
  const { history } = runtimePaths(messages);
  const own = parseHistory(textOf(history, historyFileOf(name)));
  const first = own[0];
  if (first === undefined) return [];
  const monitors = parseHistory<MonitorEvent>(textOf(history, monitorHistory));
  const start = monitors.findLastIndex(({ type, at }) => type === 'monitor.started' && at <= first.at);
  return merged(own, monitors.slice(Math.max(0, start)));
}

/** By time; what each of the two tells stays in its order, whatever the clock did. */
function merged(own: readonly HistoryEntry[], monitors: readonly HistoryEntry[]): HistoryEntry[] {
  const all: HistoryEntry[] = [];
  const rest = [...monitors];
  for (const entry of own) {
    for (let next = rest[0]; next !== undefined && isBefore(next, entry); next = rest[0]) {
      all.push(next);
      rest.shift();
    }
    all.push(entry);
  }
  return [...all, ...rest];
}

/** Within one millisecond a stop begins before what it does, and is over after it. */
function isBefore(monitor: HistoryEntry, own: HistoryEntry): boolean {
  return monitor.at < own.at || (monitor.at === own.at && monitor.type !== 'supervisor.stopped');
}

function textOf(directory: string, file: string): string {
  try {
    return readFileSync(join(directory, file), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENAMETOOLONG'].includes(systemCode(error))) return '';
    throw new ColonyError('EDIRECTORY', `${directory}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}
