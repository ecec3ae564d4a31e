import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { HttpOptions } from '../../src/http-options.js';

/** Who may look, and who may order. */
export class Gate {
  readonly #options: HttpOptions;
  readonly #cookieName: string;

  constructor(options: HttpOptions) {
    this.#options = options;
    // Cookies are shared by all ports of a host.
    this.#cookieName = `ncolony-${options.port}`;
  }

  /**
   * Whether a request was meant for this server. A page that rebinds its own name to our address sends that name; an
   * address cannot be rebound.
   */
  isMeant({ headers }: IncomingMessage): boolean {
    const name = nameOf(headers.host);
    if (name === undefined) return false;
    return isIP(name) !== 0 || [`localhost`, this.#options.host, hostname().toLowerCase()].includes(name);
  }

  /** Whether no other site sent it: browsers tell whose page asks, everybody else does not. */
  isOurOwn({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
    return origin === undefined || originHost(origin) === host?.toLowerCase();
  }

  /** Whether the inspection stream may be sent: to us, and to editors. */
  mayInspect(request: IncomingMessage): boolean {
    const { origin = '' } = request.headers;
    if (origin.startsWith('vscode-webview://')) return true;
    return this.isOurOwn(request);
  }

  /** Whether the token was shown: as a bearer's, as our cookie, or (for clients that can do no other) in the address. */
  knows(request: IncomingMessage, query: URLSearchParams): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    const { authorization = '', cookie = '' } = request.headers;
    const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? query.get('token');
    if (bearer !== undefined && bearer !== null) return isEqual(bearer, token);
    const ours = cookie.split(/; */).find((pair) => pair.startsWith(`${this.#cookieName}=`));
    return ours !== undefined && isEqual(ours.slice(this.#cookieName.length + 1), passOf(token));
  }

  /** The cookie for who has shown the token. It is not the token: whoever finds it cannot sign in elsewhere with it. */
  get pass(): string {
    const value = this.#options.token === undefined ? '' : passOf(this.#options.token);
    return `${this.#cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

const passOf = (token: string) => createHash('sha256').update(`ncolony http\0${token}`).digest('base64url');

function isEqual(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(secret));
}

/** The name in a Host header, without the port and the brackets of an IPv6 address. */
function nameOf(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
