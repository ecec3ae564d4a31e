/** `1 restart`, `2 restarts`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `pid 7`, `pids 7, 8`. */
export const pidsText = (pids: readonly number[]): string => `pid${pids.length === 1 ? '' : 's'} ${pids.join(', ')}`;
