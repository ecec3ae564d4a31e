import { countersOf, rememberedOf, type ProgramMemory, type SupervisorMemory } from './program-memory.js';
import type { SupervisorContext } from './supervisor-context.js';

/**
 * What is worth keeping of a supervisor's snapshot, whatever its state: wanted names, delays and counters.
 *
 * Given as `remembered` to the next one it begins afresh, after the leftovers are swept: nothing that ran is taken over,
 * so nothing can run twice. Do not restore `getPersistedSnapshot()`: XState would run the callback actors of its children
 * a second time, and leave the timers of `after` dead.
 */
export function memoryOf(snapshot: {
  readonly context: Pick<SupervisorContext, 'programs' | 'specs' | 'remembered'>;
}): SupervisorMemory {
  const { programs, specs, remembered } = snapshot.context;
  const known = [...specs].flatMap(([name, { wanted }]): [string, ProgramMemory][] => {
    const counted = programs.get(name)?.getSnapshot().context ?? rememberedOf(remembered, name);
    return counted === undefined ? [] : [[name, { wanted, ...countersOf(counted) }]];
  });
  return { ...remembered, ...Object.fromEntries(known) };
}
