import { printed, type Measurement, type Measurements } from './measurements.js';

/** A table as Markdown has them, with columns as wide as what is in them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |\n`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('');
}

/** Each row of the measurements with so many programs or a fixed number: every peer beside the first, with its ratio. */
export function peerRows(results: Measurements, peers: readonly string[], crowd: number, crowds: readonly number[]) {
  const isShown = ({ programs }: Measurement) => programs === crowd || !crowds.includes(programs);
  const keyOf = ({ row, programs }: Measurement) => `${row}\n${programs}`;
  const keys = [...new Set(results.all.filter(isShown).map(keyOf))];
  return keys.map((key) => {
    const [row = '', programs] = key.split('\n');
    const found = peers.map((peer) => results.find(row, peer, Number(programs)));
    return [`${row} (${programs})`].concat(found.map((one) => cell(one, found[0])));
  });
}

function cell(one: Measurement | undefined, first: Measurement | undefined): string {
  if (one === undefined) return '–';
  const text = printed(one.value, one.unit);
  const isRatio = one.unit === '' || one.unit === '×';
  if (isRatio || first === undefined || one === first || first.value === 0) return text;
  return `${text} · ${printed(one.value / first.value, '×')}`;
}
