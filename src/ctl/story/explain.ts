import { ColonyError } from '../../errors.js';
import { printable } from '../../printable.js';
import { readHistory } from './history.js';
import { outlook } from './outlook.js';
import type { Places } from '../places.js';
import { status, type ProgramRow, type StatusReport } from '../status/status.js';
import { tellStory, type StoryLine } from './story.js';
import { clockText, dayText } from '../time-texts.js';

/** Why a program is as it is, from its history. */
export interface Explanation {
  readonly version: 1;
  readonly name: string;
  readonly monitor: StatusReport['monitor'];
  /** `null` where no monitor runs, or none of the five. */
  readonly state: ProgramRow['state'];
  /** What happened and why, the oldest first. */
  readonly story: readonly StoryLine[];
  /** What it is doing now and why, and what will happen next. */
  readonly now: string;
}

/**
 * Why a program is as it is: the last `lines` lines of its history, and one sentence about now.
 * Throws `EUNKNOWN` or `ENAME` where nothing is known of that name, `ENOMONITOR` where it has no history and no monitor
 * runs, `EDIRECTORY` where something may not be read.
 */
export function explain(places: Places, name: string, lines: number, now = Date.now()): Explanation {
  const history = readHistory(places, name);
  const report = statusIfKnown(places, name, history.length > 0);
  const monitor = report === undefined ? status(places).monitor : report.monitor;
  if (history.length === 0 && monitor === null) {
    throw new ColonyError('ENOMONITOR', `no monitor runs on ${places.messages}, and there is no history of ${name}`);
  }
  const row = report?.programs[0];
  const story = tellStory(history);
  return {
    version: 1,
    name,
    monitor,
    state: monitor === null ? null : (row?.state ?? null),
    story: lines === 0 ? [] : story.lines.slice(-lines),
    now: outlook({ name, row, isMonitorLive: monitor !== null, silentFor: report?.silentFor ?? null, story, now }),
  };
}

function statusIfKnown(places: Places, name: string, isKnown: boolean): StatusReport | undefined {
  try {
    return status(places, name);
  } catch (error) {
    if (isKnown && error instanceof ColonyError && error.code === 'EUNKNOWN') return undefined;
    throw error;
  }
}

/** An explanation as lines for people: the date stands where the day changes. */
export function explanationLines({ story, now }: Explanation, today: number): string[] {
  let day = dayText(today);
  const told = story.flatMap(({ at, text }) => {
    const line = printable(`${clockText(at)} ${text}`);
    const before = day;
    day = dayText(at);
    return day === before ? [line] : [day, line];
  });
  return [...told, printable(now)];
}
