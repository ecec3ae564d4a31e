export type Unit = 's' | 'ms' | 'MB' | 'KB' | 'MB/s' | 'CPU s' | '' | '×';

/** One figure. */
export interface Measurement {
  readonly row: string;
  readonly peer: string;
  /** How many programs there were. */
  readonly programs: number;
  readonly value: number;
  readonly unit: Unit;
}

/** All figures of a run, in the order of their making. */
export class Measurements {
  readonly all: Measurement[] = [];
  /** What could not be measured, and why. */
  readonly failures: string[] = [];

  add(row: string, peer: string, programs: number, value: number, unit: Unit): void {
    this.all.push({ row, peer, programs, value, unit });
    process.stderr.write(`${row}, ${peer}, ${programs}: ${printed(value, unit)}\n`);
  }

  find(row: string, peer: string, programs?: number): Measurement | undefined {
    return this.all.find(
      (one) => one.row === row && one.peer === peer && (programs === undefined || one.programs === programs),
    );
  }

  /** Measures; a failure is noted, and the run goes on. */
  async attempt(what: string, measure: () => Promise<void>): Promise<void> {
    try {
      await measure();
    } catch (error) {
      const failure = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.failures.push(failure);
      process.stderr.write(`${failure}\n`);
    }
  }
}

/** A figure with three digits that say something. */
export function printed(value: number, unit: Unit): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = unit === '' || Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(digits);
  return unit === '' ? text : unit === '×' ? `${text} ×` : `${text} ${unit}`;
}
