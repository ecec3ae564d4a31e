import { parseArgs } from 'node:util';

/** What can be measured, by the names of `--rows`. */
export const rowNames = [
  'bring-up',
  'reactions',
  'idle',
  'commands',
  'storm',
  'killed',
  'grandchild',
  'logs',
  'during-bring-up',
  'looked-at',
] as const;

export type RowName = (typeof rowNames)[number];

export interface BenchOptions {
  /** Numbers of programs, ascending. */
  readonly counts: readonly number[];
  readonly rows: ReadonlySet<RowName>;
  /** Beginnings of the names of peers; `undefined`: all that are installed. */
  readonly peers: readonly string[] | undefined;
  readonly quick: boolean;
  /** Programs write their output into files themselves: one descriptor each, so that there can be three times as many. */
  readonly direct: boolean;
}

/** `[N…] [--rows bring-up,logs] [--peers s6,runit] [--quick] [--direct]`. Throws with words for people. */
export function benchOptions(words: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      rows: { type: 'string' },
      peers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      direct: { type: 'boolean', default: false },
    },
  });
  const counts = positionals.length > 0 ? positionals.map(Number) : [100, 1_000, 10_000];
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) throw new Error('N is a number of programs');
  const rows = values.rows?.split(',') ?? [...rowNames];
  const unknown = rows.find((row) => !isRowName(row));
  if (unknown !== undefined) throw new Error(`--rows: ${unknown} is none of ${rowNames.join(', ')}`);
  return {
    counts: counts.toSorted((a, b) => a - b),
    rows: new Set(rows.filter(isRowName)),
    peers: values.peers?.split(','),
    quick: values.quick,
    direct: values.direct,
  };
}

const isRowName = (word: string): word is RowName => (rowNames as readonly string[]).includes(word);
