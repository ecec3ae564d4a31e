/** When a file of output is full, and what becomes of the full ones. */
export interface LogLimits {
  /** Bytes that a file may have; 0: any number. */
  readonly size: number;
  /** How old a file may be when it is written again, in ms; 0: any age. */
  readonly age: number;
  /** How many full files are kept. */
  readonly keep: number;
  /** Bytes that all files of a row may have together; 0: any number. */
  readonly total: number;
  /** Whether full files are compressed. */
  readonly gzip: boolean;
  /** Whether each line begins with its time. */
  readonly stamps: boolean;
}

export const defaultLogLimits: LogLimits = {
  size: 100 * 1024 * 1024,
  age: 0,
  keep: 10,
  total: 0,
  gzip: false,
  stamps: false,
};

/** What a program's own file says of its output. */
export interface LogManner {
  /** A file that the monitor writes, nowhere, or a file that the process itself writes. */
  readonly to: 'file' | 'none' | 'direct';
  /** Standard error: as standard output and in the same place, in files of its own, or nowhere. */
  readonly stderr: 'same' | 'own' | 'none';
  /** What is other than the monitor's limits. */
  readonly limits: Partial<LogLimits>;
}

export const defaultLogManner: LogManner = { to: 'file', stderr: 'same', limits: {} };

/** A number of bytes in words: `10M`. */
export const sizePattern = /^(?:\d{1,15}|\d{1,12}K|\d{1,9}M|\d{1,6}G|\d{1,3}T)$/;

/** The bytes of a size in words that fit the pattern; K, M, G and T are powers of 1024. */
export function bytesOf(words: string): number {
  return Number.parseInt(words, 10) * 1024 ** Math.max(0, ' KMGT'.indexOf(words.slice(-1)));
}
