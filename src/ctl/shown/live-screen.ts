import { setTimeout as pause } from 'node:timers/promises';
import { cut } from './table.js';

/** How often the screen is drawn, in ms; seldomer where a picture takes long. */
const intervalMs = 500;
const mostBusy = 0.1;

// The alternate screen, without a cursor, and with long lines cut off by the terminal where they are wider than they seem.
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Draws a picture again and again, in place, on the terminal that standard output is, until q, CTRL-C or a signal; then
 * the terminal is as it was before. CTRL-Z suspends it.
 */
export async function liveScreen(picture: (screen: Screen) => readonly string[]): Promise<void> {
  const { stdout, stdin } = process;
  const over = new AbortController();
  const end = () => over.abort();
  let redraw = new AbortController();
  const now = () => redraw.abort();

  let isShown = false;
  const show = () => {
    isShown = true;
    stdin.setRawMode?.(true);
    stdout.write(enter);
  };
  const hide = () => {
    isShown = false;
    stdin.setRawMode?.(false);
    stdout.write(leave);
  };
  const resume = () => {
    show();
    now();
  };
  const key = (data: Buffer) => {
    const text = data.toString();
    if (text.includes('q') || text.includes('\u0003')) end();
    if (!text.includes('\u001a')) return;
    hide();
    process.kill(process.pid, 'SIGSTOP');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  process.on('SIGCONT', resume);
  stdout.on('resize', now).on('error', end);
  if (stdin.isTTY) stdin.on('data', key).on('error', end);
  over.signal.addEventListener('abort', now);

  show();
  try {
    while (!over.signal.aborted) {
      redraw = new AbortController();
      const begin = performance.now();
      const [columns, rows] = [stdout.columns || 80, stdout.rows || 24];
      const lines = framed(picture({ columns, rows }), columns, rows).map((line) => clearLine + line);
      // When it goes on after CTRL-Z, a timer may be faster than the signal.
      if (isShown) stdout.write(home + lines.join('\r\n') + clearBelow);
      const wait = Math.max(intervalMs, (performance.now() - begin) / mostBusy);
      await pause(wait, undefined, { signal: redraw.signal }).catch(() => {});
    }
  } finally {
    hide();
    stdin.pause();
  }
}

/** What has no room is counted. */
function framed(lines: readonly string[], columns: number, rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(rows - 1, 0);
  return [...lines.slice(0, shown), cut(`… and ${lines.length - shown} more lines`, columns)];
}
