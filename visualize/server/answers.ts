import type { IncomingMessage, ServerResponse } from 'node:http';

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Not without the popups: Stately's inspector is handed the stream by our page.
  'cross-origin-opener-policy': 'same-origin-allow-popups',
};

/** Answers, with what keeps a page to itself. */
export function respond(
  response: ServerResponse,
  code: number,
  type: string,
  body: string | Buffer,
  more: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(code, {
    ...headers,
    'cache-control': 'no-store',
    'content-type': type,
    'content-length': length,
    ...more,
  });
  response.end(body);
}

/** Never throws: what is no address is that of no page. */
export function addressOf({ url = '/' }: IncomingMessage): { pathname: string; searchParams: URLSearchParams } {
  return URL.canParse(url, 'http://monitor') ? new URL(url, 'http://monitor') : new URL('http://monitor/malformed');
}
