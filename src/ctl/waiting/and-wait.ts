import { ColonyError } from '../../errors.js';
import type { Reply } from '../../protocol/reply-file.js';
import { add, programFile, type NewProgram } from '../orders/add.js';
import { sendMessage } from '../orders/messages.js';
import type { Places } from '../places.js';
import { remove } from '../orders/remove.js';
import { restart, restartAll, restartGroup } from '../orders/restart.js';
import { rejectionOf } from '../status/status.js';
import { faultText } from '../story/story.js';
import { Waiting, type Goal } from './waiting.js';
import { revisionInForce, start, stop } from '../orders/wanted.js';

// Each does what its namesake does and returns when it is really so. Beside what that throws: `ENOMONITOR` where none
// runs, and then nothing was asked for; `ETIMEOUT`, or another code of the table, where it did not come about.

/** A new process runs, and has outlived the threshold. */
export async function restartAndWait(places: Places, name: string, timeoutMs: number): Promise<void> {
  await waiting(places, timeoutMs, async (wait) => {
    const reply = await wait.reply(restart(places, name)).catch((error: unknown) => explained(wait, name, error));
    await wait.running(goalsOf(reply));
  });
}

/** The same of all programs that were wanted up when the monitor had the message. */
export async function restartAllAndWait(places: Places, timeoutMs: number): Promise<void> {
  await untilRestarted(places, timeoutMs, () => restartAll(places));
}

/** The same of those of a group. */
export async function restartGroupAndWait(places: Places, group: string, timeoutMs: number): Promise<void> {
  await untilRestarted(places, timeoutMs, () => restartGroup(places, group));
}

/** It runs, and has outlived the threshold. */
export async function startAndWait(places: Places, name: string, timeoutMs: number): Promise<void> {
  await waiting(places, timeoutMs, async (wait) => {
    const reply = await wait.reply(start(places, name));
    await wait.running(goalsOf(reply, revisionInForce(places, name)));
  });
}

/** It is wanted down, and nothing of it is left. */
export async function stopAndWait(places: Places, name: string, timeoutMs: number): Promise<void> {
  await waiting(places, timeoutMs, async (wait) => {
    stop(places, name);
    await wait.intake();
    await wait.stopped(name);
  });
}

/** The monitor knows it no more, and nothing of it is left. */
export async function removeAndWait(places: Places, name: string, timeoutMs: number): Promise<void> {
  await waiting(places, timeoutMs, async (wait) => {
    remove(places, name);
    await wait.intake();
    await wait.gone(name);
  });
}

/** It runs as the new file says, and has outlived the threshold; one that is wanted down is known as such. */
export async function addAndWait(
  places: Places,
  name: string,
  program: NewProgram,
  timeoutMs: number,
): Promise<readonly string[]> {
  const { spec } = programFile(name, program);
  return await waiting(places, timeoutMs, async (wait) => {
    const rejectedBefore = rejectionOf(places, name)?.message;
    const warnings = add(places, name, program);
    if (spec.wanted === 'down') {
      await wait.intake();
      await wait.stopped(name);
    } else {
      const id = sendMessage(places, { type: 'START', name });
      const reply = await wait.reply(id).catch((error: unknown) => explained(wait, name, error));
      await wait.running(goalsOf(reply, spec.revision, rejectedBefore));
    }
    return warnings;
  });
}

// To the monitor there is no program where the file is not accepted.
async function explained(wait: Waiting, name: string, error: unknown): Promise<never> {
  if (!(error instanceof ColonyError && error.code === 'EUNKNOWN')) throw error;
  const rejection = await wait.rejection(name);
  if (rejection === undefined) throw error;
  throw new ColonyError('ESCHEMA', `${name}: its file was rejected (${faultText(rejection)})`, { cause: error });
}

async function untilRestarted(places: Places, timeoutMs: number, ask: () => string): Promise<void> {
  await waiting(places, timeoutMs, async (wait) => wait.running(goalsOf(await wait.reply(ask()))));
}

function goalsOf({ outcome, starts = [] }: Reply, revision?: string, rejectedBefore?: string): Goal[] {
  const names = outcome.kind === 'obeyed' ? outcome.names : [];
  return names.map((name, index) => ({ name, starts: starts[index] ?? 0, revision, rejectedBefore }));
}

async function waiting<T>(places: Places, timeoutMs: number, act: (wait: Waiting) => Promise<T>): Promise<T> {
  const wait = new Waiting(places, timeoutMs);
  try {
    return await act(wait);
  } finally {
    wait.close();
  }
}
