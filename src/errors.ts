/**
 * The closed table of error codes: what a status, a reply, a log line or a refusal may name as its reason.
 * Beside these only the operating system's own names occur (`ENOENT`, `EACCES`, `EAGAIN`, …), for failed spawns and I/O.
 */
export const errorCodes = {
  // a program's file
  EEMPTY: 'the file is empty',
  ESIZE: 'the file is too large',
  EENCODING: 'the file is not UTF-8',
  ESYNTAX: 'the file is not JSON',
  ESCHEMA: 'a key has a wrong value',
  EPRIVILEGE: 'the monitor may not, or cannot, run the program as that user',
  EOWNER: 'the file belongs to somebody who may not order this monitor',
  // a message
  EMESSAGE: 'the message has no meaning',
  EUNKNOWN: 'there is no such program',
  EDOWN: 'the program is wanted down',
  ENOTRUNNING: 'the program has no process',
  // a process
  EPIPES: 'no pipes could be made for its output',
  EHELPER: 'a helper that the start needs is missing or failed',
  ESUPERSEDED: 'its file changed while it was being started',
  ESTUCK: 'SIGKILL does not end it',
  EGAVEUP: 'its programs died too often',
  EDEFECT: 'a defect of the monitor',
  // a directory
  ENOEVENTS: 'its file system does not tell of changes',
  EDIRECTORY: 'a directory cannot be used',
  ELOCKED: 'another monitor has the directory',
  // the network
  ELISTEN: 'the address cannot be listened on',
  // a command
  EUSAGE: 'wrong use',
  ENAME: 'the name cannot be a program’s name',
  ENOMONITOR: 'no monitor runs on these directories',
  ETIMEOUT: 'it did not come about in time',
} as const;

/** A code of the table. */
export type ErrorCode = keyof typeof errorCodes;

/** An expected failure that ends a command: `code` from the table, one line for people as `message`. */
export class ColonyError extends Error {
  override readonly name = 'ColonyError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The operating system's name of what went wrong (`ENOENT`), or `fallback` where it gave none. */
export function systemCode(error: unknown, fallback = 'EDEFECT'): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : fallback;
}

/** One line about any thrown value. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

/** The operating system's reason without the call and the path: `ENOENT: no such file or directory`. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/, \w+(?: '.*)?$/, '');
}
