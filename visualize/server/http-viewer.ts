import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine, Timings } from '../../machines/index.js';
import type { Places } from '../../src/ctl/places.js';
import { status, statusJson } from '../../src/ctl/status/status.js';
import { ColonyError, messageOf, systemCode } from '../../src/errors.js';
import type { HttpOptions } from '../../src/http-options.js';
import type { Outputs } from '../../src/output/outputs.js';
import { version } from '../../src/version.js';
import { addressOf, respond } from './answers.js';
import type { Session } from '../live-protocol.js';
import { readAssets } from './assets.js';
import { ColonyView } from '../colony-view.js';
import { order } from './controls.js';
import { Gate } from './gate.js';
import { Inspection } from './inspection.js';
import { LiveFeed } from './live-feed.js';
import { Metrics } from './metrics.js';
import { OutputTails } from './output-tails.js';

export interface HttpViewerOptions {
  readonly http: HttpOptions;
  readonly places: Places;
  readonly timings: Timings;
  readonly warn: (problem: string) => void;
}

/** What is looked at, as soon as it is there. */
interface Exhibits {
  readonly view: ColonyView;
  readonly metrics: Metrics;
  readonly feed: LiveFeed;
  readonly inspection: Inspection;
}

/** So long is the report of all programs, which is read from files, good for. */
const statusMs = 250;

/** A monitor's page, metrics and inspection stream, for as long as it runs. */
export class HttpViewer {
  readonly #options: HttpViewerOptions;
  readonly #gate: Gate;
  readonly #assets = readAssets();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024, perMessageDeflate: false });
  readonly #since = new Date().toISOString();
  #tails: OutputTails | undefined;
  #exhibits: Exhibits | undefined;
  #report = { text: '', at: Number.NEGATIVE_INFINITY };

  /** Begins to listen. Rejects with `ELISTEN`. */
  static async open(options: HttpViewerOptions): Promise<HttpViewer> {
    const viewer = new HttpViewer(options);
    await viewer.#listen();
    return viewer;
  }

  private constructor(options: HttpViewerOptions) {
    this.#options = options;
    this.#gate = new Gate(options.http);
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.warn(`http: ${messageOf(error)}`);
        if (response.headersSent) response.destroy();
        else respond(response, 500, 'text/plain', 'a defect\n');
      });
    });
    this.#server.maxConnections = 256;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** The address for people. */
  get url(): string {
    return `http://${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  get #host(): string {
    const { host } = this.#options.http;
    return isIPv6(host) ? `[${host}]` : host;
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options.http;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        const why = systemCode(error) === 'EADDRINUSE' ? 'somebody else listens there' : messageOf(error);
        reject(new ColonyError('ELISTEN', `--http ${this.#host}:${port}: ${why}`, { cause: error }));
      });
      this.#server.listen(port, host, () => resolve());
    });
    this.#server.on('error', (error) => this.#options.warn(`http: ${messageOf(error)}`));
  }

  /** Listens to the output of programs on its way. */
  tap(outputs: Outputs): Outputs {
    this.#tails = new OutputTails(outputs);
    return this.#tails;
  }

  /** Shows this one. */
  show(root: ActorRefFrom<typeof supervisorMachine>): void {
    const { places, timings, http } = this.#options;
    const view = new ColonyView(root);
    this.#exhibits = {
      view,
      metrics: new Metrics(() => view.programs()),
      inspection: new Inspection(root),
      feed: new LiveFeed({
        root,
        view,
        tails: this.#tails,
        places,
        timings,
        monitor: { pid: process.pid, since: this.#since, version },
        control: http.control,
      }),
    };
  }

  observe(fact: Fact): void {
    if (this.#exhibits === undefined) return;
    const { view, metrics, feed } = this.#exhibits;
    metrics.observe(fact);
    feed.observe(fact, view.observe(fact));
    if (fact.type === 'config.removed') this.#tails?.forget(fact.name);
  }

  close(): void {
    this.#exhibits?.feed.close();
    this.#exhibits?.inspection.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = addressOf(request);
    const isLook = request.method === 'GET' || request.method === 'HEAD';
    if (!this.#gate.isMeant(request)) return respond(response, 421, 'text/plain', 'not the name of this server\n');
    if (!isLook && request.method !== 'POST') return respond(response, 405, 'text/plain', 'only GET and POST\n');

    const asset = isLook ? this.#assets.get(pathname) : undefined;
    if (asset) return respond(response, 200, asset.type, asset.body, { 'cache-control': 'no-cache' });
    const exhibits = this.#exhibits;
    if (exhibits === undefined) return respond(response, 503, 'text/plain', 'starting\n');
    if (pathname === '/healthz' && isLook) {
      const { isStopping } = exhibits.view;
      return respond(response, isStopping ? 503 : 200, 'text/plain', isStopping ? 'stopping\n' : 'ok\n');
    }
    if (!this.#gate.knows(request, searchParams)) {
      return respond(response, 401, 'text/plain', 'the token is needed\n', { 'www-authenticate': 'Bearer' });
    }
    if (!isLook) return this.#obey(request, response, pathname);
    switch (pathname) {
      case '/status.json':
        return respond(response, 200, 'application/json', this.#status());
      case '/metrics':
        return respond(response, 200, exhibits.metrics.contentType, await exhibits.metrics.text());
      case '/session':
        return respond(response, 200, 'application/json', JSON.stringify({ mode: 'live' } satisfies Session));
      default:
        return respond(response, 404, 'text/plain', 'no such page\n');
    }
  }

  #obey(request: IncomingMessage, response: ServerResponse, pathname: string): void {
    if (!this.#gate.isOurOwn(request)) return respond(response, 403, 'text/plain', 'not from another site\n');
    if (pathname === '/session') {
      return respond(response, 204, 'text/plain', '', { 'set-cookie': this.#gate.pass });
    }
    const [, encoded, word] = /^\/programs\/([^/]+)\/([a-z]+)$/.exec(pathname) ?? [];
    const name = encoded === undefined ? undefined : decoded(encoded);
    if (name === undefined || word === undefined) return respond(response, 404, 'text/plain', 'no such page\n');
    if (!this.#options.http.control) return respond(response, 403, 'text/plain', '--http-control was not given\n');
    const { status: code, body } = order(this.#options.places, name, word);
    respond(response, code, 'application/json', `${JSON.stringify(body)}\n`);
  }

  /** What `ctl status --json` prints. */
  #status(): string {
    const now = performance.now();
    if (now - this.#report.at > statusMs) this.#report = { text: statusJson(status(this.#options.places)), at: now };
    return `${this.#report.text}\n`;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refuse = (answer: string) => {
      socket.end(`HTTP/1.1 ${answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
    };
    const { pathname, searchParams } = addressOf(request);
    const exhibits = this.#exhibits;
    if (!this.#gate.isMeant(request)) return refuse('421 Misdirected Request');
    if (exhibits === undefined) return refuse('503 Service Unavailable');
    if (pathname !== '/' && pathname !== '/live') return refuse('404 Not Found');
    const isAllowed = pathname === '/' ? this.#gate.mayInspect(request) : this.#gate.isOurOwn(request);
    if (!isAllowed) return refuse('403 Forbidden');
    if (!this.#gate.knows(request, searchParams)) return refuse('401 Unauthorized');
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      if (pathname === '/') exhibits.inspection.serve(client);
      else exhibits.feed.serve(client);
    });
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
