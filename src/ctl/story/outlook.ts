import type { ProgramStatus } from '../../protocol/status-file.js';
import type { ProgramRow } from '../status/status.js';
import { pidsText } from '../plurals.js';
import { exitText, faultText, type Story } from './story.js';
import { clockText, spanText } from '../time-texts.js';

/** What there is to look at. */
export interface Circumstances {
  readonly name: string;
  /** `undefined`: the program has no file and no status. */
  readonly row: ProgramRow | undefined;
  readonly isMonitorLive: boolean;
  /** For how many seconds it has shown no sign of life, where that is too long. */
  readonly silentFor: number | null;
  readonly story: Story;
  /** Ms since 1970. */
  readonly now: number;
}

/** One sentence: what a program is doing now and why, and what will happen next. */
export function outlook({ name, row, isMonitorLive, silentFor, story, now }: Circumstances): string {
  if (!isMonitorLive) return `${monitorText(story)}; ${wishText(name, row)}.`;
  if (row === undefined) return `${name} has no file and nothing of it is left; it starts when it is added again.`;
  const rejected = row.rejected && row.state !== null;
  const kept = rejected
    ? `; its file was rejected (${faultText(row.rejected)}), its last good version is in force`
    : '';
  const silence =
    silentFor === null
      ? ''
      : `; but the monitor has written nothing for ${silentFor} s: this is the last that is known`;
  return `${presentText(name, row, story, now)}${kept}${silence}.`;
}

/** Why a program is not where it should be, in few words; `status`: what the monitor last told. */
export function plightText(name: string, status: ProgramStatus | undefined): string {
  if (status === undefined) return `${name} is not known to the monitor`;
  const { state, wanted, rejected, error, stragglers } = status;
  const words = [
    ...(rejected === null ? [] : [`its file was rejected (${faultText(rejected)})`]),
    ...(state === 'backing-off' ? [failureText(status)] : []),
    ...(error?.code === 'ESTUCK' ? [error.message] : []),
    ...(stragglers.length > 0 ? [`still there: ${pidsText(stragglers)}`] : []),
    ...(state === 'stopped' && wanted === 'down' ? ['it is wanted down'] : []),
  ];
  return `${name} ${state === null ? 'does not run' : `is ${state}`}${words.length === 0 ? '' : `: ${words.join('; ')}`}`;
}

function monitorText({ lines, monitor }: Story): string {
  const last = lines.at(-1);
  if (last === undefined || monitor === 'stopped') return 'No monitor runs';
  return `No monitor runs: the last one was killed, or died, after ${clockText(last.at)}`;
}

function wishText(name: string, row: ProgramRow | undefined): string {
  if (row === undefined) return `${name} has no file, so nothing will be started`;
  if (row.rejected !== null) return `${name} is started when a monitor is and its file is good`;
  if (row.wanted === 'down') return `${name} stays stopped, because its file wants it down`;
  return `${name} is started when a monitor is, because its file wants it up`;
}

function presentText(name: string, row: ProgramRow, story: Story, now: number): string {
  const { state, wanted, pid, error } = row;
  // What is written of the state may be newer than what is written of its history.
  const because = story.state === state && story.cause !== '' ? `, because: ${story.cause}` : '';
  const being = (what: string) =>
    row.since === null ? `${name} is ${what}` : `${name} has been ${what} for ${spanText(now - Date.parse(row.since))}`;
  switch (state) {
    case null:
      if (row.rejected === null) return `${name} has a file that no monitor has taken in yet`;
      return `Nothing of ${name} runs, because its file is bad (${faultText(row.rejected)}); it starts when that is mended`;
    case 'starting':
      if (pid === null) return `${name} is being started${because}; its process is asked for`;
      return `${being('starting')} (pid ${pid})${because}; when it outlives the threshold it is running, if not it backs off`;
    case 'running':
      return `${being('running')} (pid ${pid}), because its file wants it up; should its process die it is started again at once`;
    case 'backing-off':
      return `${being('waiting')}, because ${failureText(row)}; ${nextStartText(row, now)}`;
    case 'killing':
      return `${being('stopping')}${because}; ${killText(row, now)}${nextText(row, story)}`;
    case 'stopped':
      if (wanted === 'down') return `${being('stopped')}, because its file wants it down; "start" wants it up again`;
      return `${being('stopped')}${because || (error === null ? '' : `, because: ${faultText(error)}`)}`;
  }
}

function failureText({ error, rejected, lastExit }: Pick<ProgramRow, 'error' | 'rejected' | 'lastExit'>): string {
  if (error !== null && rejected === null) return `it could not be started (${faultText(error)})`;
  return `it died young (${lastExit === null ? 'nobody knows how' : exitText(lastExit)})`;
}

function nextStartText({ nextStartAt }: ProgramRow, now: number): string {
  if (nextStartAt === null) return 'it is started again after the wait';
  return `it is started again in ${spanText(Math.max(0, Date.parse(nextStartAt) - now))}, or at once by "start" or "restart"`;
}

function killText({ killAt, error, stragglers }: ProgramRow, now: number): string {
  if (error?.code === 'ESTUCK') return `${error.message}, it is sent again every 5 s`;
  const left =
    stragglers.length === 0 ? '' : `${pidsText(stragglers)} ${stragglers.length === 1 ? 'is' : 'are'} still there, `;
  const wait = killAt === null ? 0 : Date.parse(killAt) - now;
  return wait > 0 ? `${left}SIGKILL follows in ${spanText(wait)}` : `${left}SIGKILL was sent`;
}

function nextText({ wanted }: ProgramRow, { cause, next }: Story): string {
  if (wanted === 'down' || cause === 'its file is gone') return '; then it stays stopped';
  if (cause === 'the monitor is stopping') return '; it is started again by the next monitor';
  return next === 'start' ? '; then it is started again' : '; then it waits before it is started again';
}
