import { getSystemErrorMap } from 'node:util';
import type { Exit, Fault } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';
import { LaunchError } from '../os/launcher.js';
import type { FirstLine } from './first-line.js';

const complaintMs = 100;

/** Why a process could not be made, in words for people. */
export function startFault(error: unknown, executable: string): Fault {
  const code = systemCode(error);
  if (error instanceof LaunchError) {
    return { code, message: error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}` };
  }
  const words = error instanceof Error && 'errno' in error ? getSystemErrorMap().get(Number(error.errno)) : undefined;
  return { code, message: `${JSON.stringify(executable)}: ${words?.[1] ?? messageOf(error)}` };
}

/**
 * Whether it was a helper that ended, and not the program that it should have become.
 *
 * prlimit(1), setpriv(1) and env(1) end with 127 or 126 when they cannot execute the program, which they name; with 1,
 * 125 or 127 for a failure of their own; and each time with a line that begins with their name (`complaint`).
 */
export async function helperFailure(
  complaint: FirstLine | undefined,
  exit: Exit,
  executable: string,
): Promise<Fault | undefined> {
  if (complaint === undefined || ![1, 125, 126, 127].includes(exit.code ?? 0)) return undefined;
  // It was written before the exit, but what the program leaves running may hold the pipe open.
  const message = await complaint.read(complaintMs);
  if (!/^(?:\/\S*\/)?(?:prlimit|setpriv|env): /.test(message)) return undefined;
  const isForbidden = exit.code === 126 || exit.code === 125;
  const isMissing = exit.code === 127 && message.includes(executable);
  return { code: isForbidden ? 'EACCES' : isMissing ? 'ENOENT' : 'EPRIVILEGE', message };
}
