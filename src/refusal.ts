import { CommanderError } from 'commander';
import { ColonyError, messageOf, type ErrorCode } from './errors.js';
import { printable } from './printable.js';

/** How a command that could not do its work ends. */
export interface Refusal {
  /** 1: the answer is no; 2: wrong use; 3: no monitor where one is needed. */
  readonly exitCode: number;
  /** One line for standard error. */
  readonly line: string;
}

const exitCodes: Partial<Record<ErrorCode, number>> = { EUSAGE: 2, ENAME: 2, ENOMONITOR: 3 };

/** What any thrown value means; `undefined` for commander's way to end after `--help` and `--version`. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof ColonyError) return { exitCode: exitCodes[error.code] ?? 1, line: line(error.message) };
  if (!(error instanceof CommanderError)) return { exitCode: 1, line: line(`a defect: ${messageOf(error)}`) };
  return error.exitCode === 0 ? undefined : { exitCode: 2, line: line(wrongUse(error)) };
}

function wrongUse({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing; --help lists them';
  return message
    .replace(/^error: /, '')
    .replace(/^(unknown option '[^=]*)=.*?'(?=\n|$)/s, "$1'") // The value could be a secret.
    .replaceAll('\n', ' ');
}

function line(message: string): string {
  return `ncolony: ${printable(message)}\n`;
}
