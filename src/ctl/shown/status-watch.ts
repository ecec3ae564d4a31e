import { programStates } from '../../../machines/program-context.js';
import { ColonyError, messageOf } from '../../errors.js';
import { printable } from '../../printable.js';
import { liveScreen } from './live-screen.js';
import type { Places } from '../places.js';
import { counted } from '../plurals.js';
import { programCard } from './program-card.js';
import { status, type StatusReport } from '../status/status.js';
import { cut, statusTable } from './table.js';
import { clockText } from '../time-texts.js';

/** Shows a status and keeps it fresh. Throws `EUSAGE` where there is no terminal, and at first what `status` throws. */
export async function watchStatus(places: Places, name: string | undefined, isJson = false): Promise<void> {
  if (isJson) throw new ColonyError('EUSAGE', '--watch: not with --json');
  if (!process.stdout.isTTY) throw new ColonyError('EUSAGE', '--watch: standard output is not a terminal');
  status(places, name);
  await liveScreen(({ columns }) => picture(places, name, columns));
}

function picture(places: Places, name: string | undefined, columns: number): readonly string[] {
  const now = Date.now();
  const manner = { columns, colour: !process.env.NO_COLOR, now };
  try {
    const report = status(places, name);
    const lines = name === undefined ? statusTable(report, manner) : programCard(report, manner);
    return [cut(`${clockText(new Date(now).toISOString()).slice(0, 8)}  ${summary(report)}`, columns), '', ...lines];
  } catch (error) {
    // The directory may come back, and the program too.
    return [cut(printable(messageOf(error)), columns)];
  }
}

/** `40 programs: 38 running, 2 backing-off`. */
function summary({ programs }: StatusReport): string {
  const counts = [...programStates, null].map((state) => {
    const count = programs.filter((program) => program.state === state).length;
    return count === 0 ? [] : [`${count} ${state ?? 'without a state'}`];
  });
  const total = counted(programs.length, 'program');
  return programs.length === 0 ? total : `${total}: ${counts.flat().join(', ')}`;
}
