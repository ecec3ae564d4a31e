import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpOptions } from '../../src/http-options.js';
import { scratch } from './scratch.js';

const secret = 'a-token-of-24-characters';

describe('--http', () => {
  it('is off when it is not given', () => {
    expect(httpOptions({}, { NCOLONY_HTTP_TOKEN: secret })).toBeUndefined();
  });

  it.each([
    ['8080', '127.0.0.1', 8080],
    ['0', '127.0.0.1', 0],
    ['localhost:8080', 'localhost', 8080],
    ['127.0.0.2:1', '127.0.0.2', 1],
    ['[::1]:65535', '::1', 65_535],
  ])('%s listens on %s, port %i, for whoever reaches it', (http, host, port) => {
    expect(httpOptions({ http }, {})).toEqual({ host, port, token: undefined, control: false });
  });

  it.each(['', 'host', ':80', '65536', '-1', '8080x', 'a:b:1', '::1:80', '[::1]'])('%j is refused', (http) => {
    expect(() => httpOptions({ http }, {})).toThrow('--http: expected PORT or HOST:PORT');
  });

  it.each(['0.0.0.0:80', '[::]:80', '192.168.1.2:80', 'example.org:80', '127.evil.org:80'])(
    '%s, which others reach, needs a token',
    (http) => {
      expect(() => httpOptions({ http }, {})).toThrow('needs --http-token');
      expect(httpOptions({ http }, { NCOLONY_HTTP_TOKEN: secret })).toMatchObject({ token: secret });
    },
  );

  it('takes the token from a file rather than from the environment', () => {
    const httpToken = join(scratch(), 'token');
    writeFileSync(httpToken, `${secret}-of-the-file\n`);
    expect(httpOptions({ http: '80', httpToken }, { NCOLONY_HTTP_TOKEN: secret })?.token).toBe(`${secret}-of-the-file`);
  });

  it.each(['', 'short', 'one with spaces in it', 'x'.repeat(513)])(
    'refuses the token %j without showing it',
    (text) => {
      const httpToken = join(scratch(), 'token');
      writeFileSync(httpToken, text);
      expect(() => httpOptions({ http: '80', httpToken }, {})).toThrow(
        /^--http-token: expected 16 to 512 characters without a space$/,
      );
    },
  );

  it('names the file of a token that cannot be read', () => {
    expect(() => httpOptions({ http: '80', httpToken: '/no/such/file' }, {})).toThrow('/no/such/file cannot be read');
  });

  it('gives control only to who has a token, and only where somebody listens', () => {
    expect(() => httpOptions({ http: '80', httpControl: true }, {})).toThrow('--http-control needs --http-token');
    expect(() => httpOptions({ httpControl: true }, {})).toThrow('--http is needed');
    expect(() => httpOptions({ httpToken: '/some/file' }, {})).toThrow('--http is needed');
    expect(httpOptions({ http: '80', httpControl: true }, { NCOLONY_HTTP_TOKEN: secret })?.control).toBe(true);
  });
});
