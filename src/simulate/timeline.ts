import type { Gap } from './excerpt.js';
import type { Outcome, Step } from './simulation.js';

/** What came of a simulation as lines for people; `duration` in ms. */
export function timelineLines(outcome: Outcome, duration: number): string[] {
  const times = outcome.steps.map((step) => ('at' in step ? (step.at / 1000).toFixed(3) : ''));
  const width = Math.max(...times.map((time) => time.length));
  const lines = outcome.steps.map((step, index) =>
    'at' in step ? `${(times[index] ?? '').padStart(width)}  ${lineOf(step)}`.trimEnd() : gapLine(step, width),
  );
  return [...lines, '', summary(outcome, duration)];
}

const gapLine = ({ leftOut }: Gap, width: number) => `${'…'.padStart(width)}  ${count(leftOut, 'more line')}`;

function lineOf(step: Step): string {
  const state = step.event === 'killed' || step.event === 'declined' ? '' : step.event;
  const says = [step.exit && exitText(step.exit), eventText(step)].filter(Boolean).join('; ');
  return `${state.padEnd('backing-off'.length)}  ${says}`;
}

function exitText({ code, signal, lived }: NonNullable<Step['exit']>): string {
  return `${signal === null ? `exited with code ${code}` : `ended by ${signal}`} after ${seconds(lived)}`;
}

function eventText({ event, starts, by, wait }: Step): string {
  switch (event) {
    case 'starting':
      return `start ${starts}`;
    case 'running':
      return 'outlived the threshold, the restart delay is reset';
    case 'backing-off':
      return `an instant death, next start in ${seconds(wait ?? 0)}`;
    case 'killing':
      return `${by} asked for: ${wait === null ? 'nothing runs' : `SIGTERM, and SIGKILL in ${seconds(wait)}`}`;
    case 'killed':
      return 'SIGKILL';
    case 'declined':
      return `${by} asked for: declined, it is to be down`;
    case 'stopped':
      return '';
  }
}

const states: Readonly<Record<Outcome['state'], string>> = {
  stopped: 'it is down',
  starting: 'it has just been started',
  running: 'it runs',
  'backing-off': 'it waits',
  killing: 'it is being ended',
};

function summary({ starts, deaths, instantDeaths, state, nextStartAt }: Outcome, duration: number): string {
  const next = nextStartAt === null ? '' : ` for its next start, ${seconds(nextStartAt - duration)} later`;
  const what = [count(starts, 'start'), count(deaths, 'death'), `${instantDeaths} of them instant`].join(', ');
  return `After ${seconds(duration)}: ${what}; ${states[state]}${next}.`;
}

const seconds = (ms: number) => `${ms / 1000} s`;
const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The same in its published shape: all times and durations in seconds. */
export function timelineJson({ steps, nextStartAt, ...rest }: Outcome, duration: number): string {
  const timeline = steps.map((step) =>
    'at' in step
      ? {
          ...step,
          at: step.at / 1000,
          exit: step.exit && { ...step.exit, lived: step.exit.lived / 1000 },
          wait: step.wait === null ? null : step.wait / 1000,
        }
      : step,
  );
  const end = { ...rest, nextStartAt: nextStartAt === null ? null : nextStartAt / 1000 };
  return JSON.stringify({ version: 1, duration: duration / 1000, timeline, end });
}
