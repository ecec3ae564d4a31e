import { fromCallback } from 'xstate';
import type { LeftoversInput, ProcessCommand } from '../../machines/index.js';
import { membersOf, type Leader, type ProcessEntry, type ProcessTable, type Survey } from '../os/process-table.js';
import type { Descendants } from './descendants.js';
import { Ending } from './ending.js';

export interface LeftoversHost {
  readonly table: ProcessTable;
  readonly descendants: Descendants;
  /** Main processes on record, by the name of their program. */
  readonly recorded: ReadonlyMap<string, Leader>;
}

/**
 * Ends what runs under a program's name though nobody of this monitor started it.
 *
 * Found by the environment and by the record, always both: a program that rewrites its title loses its environment,
 * and the record may be lost.
 */
export function createLeftoversActor(host: LeftoversHost) {
  return fromCallback<ProcessCommand, LeftoversInput>(({ input, sendBack, receive }) => {
    const ending = new Ending({ find: () => findLeftovers(host, input.name), report: sendBack });
    receive((command) => {
      if (command.type === 'process.terminate') ending.begin(command.signal as NodeJS.Signals);
      else if (command.type === 'process.kill') ending.kill();
    });
    return () => ending.dispose();
  });
}

async function findLeftovers(host: LeftoversHost, name: string): Promise<ProcessEntry[]> {
  const survey = await host.table.survey(true);
  const recorded = host.recorded.get(name);
  const members = recorded === undefined ? [] : leftMembers(host, recorded, survey);
  const found = [...members, ...host.descendants.of(name, survey)];
  return [...new Map(found.map((entry) => [entry.pid, entry])).values()];
}

/** The names of all programs that have leftovers: one survey, at the start of a monitor. */
export async function namesOfLeftovers(host: LeftoversHost): Promise<string[]> {
  const survey = await host.table.survey(true);
  const names = host.descendants.names(survey);
  for (const [name, leader] of host.recorded) {
    if (leftMembers(host, leader, survey).length > 0) names.add(name);
  }
  return [...names];
}

// A program may have started this very monitor: then we are in its session.
function leftMembers(host: LeftoversHost, leader: Leader, survey: Survey): ProcessEntry[] {
  return membersOf(leader, survey.entries).filter(({ pid }) => !host.descendants.isOwnLineage(pid));
}
