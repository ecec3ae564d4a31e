import { fromCallback } from 'xstate';
import type { LeftoversInput, ProcessCommand } from '../../machines/index.js';
import type { Leader, ProcessEntry, ProcessTable, Survey } from '../os/process-table.js';
import { stdinMarkOf } from '../os/stdin-mark.js';
import type { ProcessRecord } from '../protocol/run-record.js';
import type { Descendants } from './descendants.js';
import { Ending } from './ending.js';

export interface LeftoversHost {
  readonly table: ProcessTable;
  readonly descendants: Descendants;
  /** Main processes on record, by the name of their program. */
  readonly recorded: ReadonlyMap<string, ProcessRecord>;
}

/**
 * Ends what runs under a program's name though nobody of this monitor started it.
 *
 * Found by the environment and by the record, always both: a program that rewrites its title loses its environment,
 * and the record may be lost.
 */
export function createLeftoversActor(host: LeftoversHost) {
  return fromCallback<ProcessCommand, LeftoversInput>(({ input, sendBack, receive }) => {
    // Once found a leader is remembered: what it leaves is not to be told by its standard input.
    const leaders: Leader[] = [];
    const ending = new Ending({ find: () => findLeftovers(host, input.name, leaders), report: sendBack });
    receive((command) => {
      if (command.type === 'process.terminate') ending.begin(command.signal as NodeJS.Signals);
      else if (command.type === 'process.kill') ending.kill();
    });
    return () => ending.dispose();
  });
}

async function findLeftovers(host: LeftoversHost, name: string, leaders: Leader[]): Promise<ProcessEntry[]> {
  const survey = await host.table.survey(true);
  if (leaders.length === 0) leaders.push(...recordedLeaders(host.recorded.get(name), survey));
  const found = [
    ...leaders.flatMap((leader) => leftMembers(host, leader, survey)),
    ...host.descendants.of(name, survey),
  ];
  return [...new Map(found.map((entry) => [entry.pid, entry])).values()];
}

/** The names of all programs that have leftovers: one survey, at the start of a monitor. */
export async function namesOfLeftovers(host: LeftoversHost): Promise<string[]> {
  const survey = await host.table.survey(true);
  const names = host.descendants.names(survey);
  for (const [name, record] of host.recorded) {
    const leaders = recordedLeaders(record, survey);
    if (leaders.some((leader) => leftMembers(host, leader, survey).length > 0)) names.add(name);
  }
  return [...names];
}

/** Who led the processes of a record; where too little was noted of it any more, whoever has its standard input. */
function recordedLeaders(record: ProcessRecord | undefined, { entries }: Survey): Leader[] {
  if (record === undefined) return [];
  if (record.stdin === undefined) return record.pid === 0 ? [] : [record];
  const holders = [...entries.values()].filter(({ pid }) => stdinMarkOf(pid) === record.stdin);
  const sessions = new Set(holders.map(({ session }) => session));
  return [...sessions].map((pid) => ({ pid, startTime: entries.get(pid)?.startTime ?? 0 }));
}

// A program may have started this very monitor: then we are in its session.
function leftMembers(host: LeftoversHost, leader: Leader, survey: Survey): ProcessEntry[] {
  return survey.membersOf(leader).filter(({ pid }) => !host.descendants.isOwnLineage(pid));
}
