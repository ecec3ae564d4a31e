import type { SupervisorRef } from '../../machines/index.js';
import { SeenColonies } from '../../src/ctl/status/seen-colonies.js';
import { nestedStatus, type NestedStatus } from '../../src/ctl/status/status.js';
import { colonyFault } from '../../src/ctl/shown/table.js';
import type { ProgramBelow, ServerMessage } from '../live-protocol.js';

/** So many programs of a colony are looked at: each is a file. */
const mostOfOne = 100;
const mostColonies = 100;

/** What the programs that are colonies have below them, from the files of those colonies; `undefined`: there is none. */
export function coloniesBelow(root: SupervisorRef, messages: string): ServerMessage | undefined {
  const specs = [...root.getSnapshot().context.specs.values()];
  const seen = new SeenColonies(mostColonies);
  seen.see({ messages });
  const colonies = specs.flatMap(({ name, colony: home }) =>
    home === undefined ? [] : [{ name, programs: programsIn(nestedStatus(home, seen, mostOfOne), 1) }],
  );
  return colonies.length === 0 ? undefined : { type: 'below', colonies };
}

function programsIn(status: NestedStatus, depth: number): ProgramBelow[] {
  const fault = colonyFault(status);
  const said = fault === undefined ? [] : [{ ...nobody, depth, fault }];
  const programs = status.programs.flatMap((program) => {
    const { name, state, pid, restarts, error, group, uptime, colony } = program;
    const since = uptime === null ? null : new Date(Math.round((Date.now() - uptime * 1000) / 1000) * 1000);
    const row: ProgramBelow = {
      depth,
      name,
      state,
      pid,
      restarts,
      group,
      startedAt: since?.toISOString() ?? null,
      fault: error?.message ?? null,
    };
    return [row, ...(colony === undefined ? [] : programsIn(colony, depth + 1))];
  });
  return [...said, ...programs];
}

const nobody = { name: '', state: null, pid: null, restarts: 0, group: [], startedAt: null };
