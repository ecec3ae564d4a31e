import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ColonyError, reasonOf } from './errors.js';

/** Where a monitor can be looked at, and by whom. */
export interface HttpOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Who cannot show it sees nothing; `undefined`: whoever reaches the port may look. */
  readonly token: string | undefined;
  /** Whether programs can be restarted, stopped and started from there. */
  readonly control: boolean;
}

/** The words of it as they were typed. */
export interface HttpWords {
  readonly http?: string;
  /** A file: what is on a command line can be read by everybody. */
  readonly httpToken?: string;
  readonly httpControl?: boolean;
}

/** What the words mean; `undefined`: nobody listens. `NCOLONY_HTTP_TOKEN` stands for the file. Throws `EUSAGE`. */
export function httpOptions(words: HttpWords, environment: NodeJS.ProcessEnv): HttpOptions | undefined {
  const { http, httpToken, httpControl: control = false } = words;
  if (http === undefined) {
    if (control || httpToken !== undefined) throw new ColonyError('EUSAGE', '--http is needed');
    return undefined;
  }
  const [, given = '127.0.0.1', digits = ''] = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(http) ?? [];
  const host = given.replace(/^\[(.*)\]$/, '$1');
  const port = digits === '' ? Number.NaN : Number(digits);
  const token = httpToken === undefined ? environment.NCOLONY_HTTP_TOKEN || undefined : readToken(httpToken);
  const options = { host, port, token, control };
  requireSafe(options);
  return options;
}

/** Throws `EUSAGE` where there is no such port, or others could look or order who have shown nothing. */
export function requireSafe({ host, port, token, control }: HttpOptions): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ColonyError('EUSAGE', '--http: expected PORT or HOST:PORT');
  }
  if (token !== undefined && !/^[!-~]{16,512}$/.test(token)) {
    throw new ColonyError('EUSAGE', '--http-token: expected 16 to 512 characters without a space');
  }
  if (token === undefined && !isLoopback(host)) {
    throw new ColonyError('EUSAGE', `--http: an address that others reach (${host}) needs --http-token`);
  }
  if (token === undefined && control) throw new ColonyError('EUSAGE', '--http-control needs --http-token');
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ColonyError('EUSAGE', `--http-token: ${file} cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
