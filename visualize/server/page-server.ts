import { createServer } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { ColonyError, messageOf } from '../../src/errors.js';
import type { HttpOptions } from '../../src/http-options.js';
import type { Session } from '../live-protocol.js';
import { addressOf, respond } from './answers.js';
import { readAssets } from './assets.js';
import { Gate } from './gate.js';

/** Serves the page without a monitor. Resolves to its address; rejects with `ELISTEN`. */
export async function servePage(http: HttpOptions, session: Session, recording?: string): Promise<string> {
  const assets = readAssets();
  const gate = new Gate(http);
  const server = createServer((request, response) => {
    const { pathname } = addressOf(request);
    const asset = assets.get(pathname);
    if (!gate.isMeant(request)) respond(response, 421, 'text/plain', 'not the name of this server\n');
    else if (asset !== undefined) respond(response, 200, asset.type, asset.body);
    else if (pathname === '/session') respond(response, 200, 'application/json', JSON.stringify(session));
    else if (pathname === '/recording' && recording !== undefined) {
      respond(response, 200, 'application/jsonl', recording);
    } else respond(response, 404, 'text/plain', 'no such page\n');
  });
  const { host, port } = http;
  const shown = isIPv6(host) ? `[${host}]` : host;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ColonyError('ELISTEN', `--http ${shown}:${port}: ${messageOf(error)}`)));
    server.listen(port, host, () => resolve());
  });
  return `http://${shown}:${(server.address() as AddressInfo).port}`;
}
