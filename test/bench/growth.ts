import { printed, type Measurements } from './measurements.js';
import { exponent } from './statistics.js';

/** How a cost grows with the number of programs: by its power, of which 1 is linear. */
export interface Growth {
  readonly row: string;
  readonly peer: string;
  readonly figures: readonly string[];
  readonly exponent: number;
}

const rows = ['bring-up', 'bring-up, first to last process', 'shutdown', 'memory', 'add → process, median'];

/** Memory is what the programs add to the base. */
export function growthOf(results: Measurements, peers: readonly string[], counts: readonly number[]): Growth[] {
  return rows.flatMap((row) =>
    peers.flatMap((peer) => {
      const base = row === 'memory' ? (results.find(row, peer, 0)?.value ?? 0) : 0;
      const found = counts.map((count) => results.find(row, peer, count));
      const points = found
        .filter((one) => one !== undefined)
        .map(({ programs, value, unit }) => ({ x: programs, y: value - base, unit }));
      if (points.length < 2) return [];
      const figures = counts.map((count) => points.find(({ x }) => x === count)).map(figureOf);
      return [{ row: row === 'memory' ? 'memory above the base' : row, peer, figures, exponent: exponent(points) }];
    }),
  );
}

function figureOf(point: { y: number; unit: Parameters<typeof printed>[1] } | undefined): string {
  return point === undefined ? '–' : printed(point.y, point.unit);
}
