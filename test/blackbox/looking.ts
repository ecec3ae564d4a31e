import { request, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../visualize/live-protocol.js';
import type { RunningMonitor } from './running-monitor.js';

/** Where a monitor that was started with `--http` can be looked at. */
export async function addressOf(monitor: RunningMonitor): Promise<URL> {
  const { url } = await monitor.record((record) => 'url' in record, 'its address');
  return new URL(String(url));
}

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks with any headers, those included that fetch does not let one set. */
export function ask(
  url: URL,
  path: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'POST' | 'PUT' = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Why a WebSocket was refused; 101 when it was not. */
export function knock(url: URL, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(new URL(path, url.href.replace('http', 'ws')), { headers });
    socket.on('unexpected-response', (_request, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', reject);
  });
}

/** A client of the stream of our page; nothing heard is forgotten. */
export class LiveClient {
  readonly heard: ServerMessage[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();

  constructor(url: URL) {
    this.socket = new WebSocket(new URL('/live', url.href.replace('http', 'ws')));
    this.socket.on('message', (data) => {
      this.heard.push(JSON.parse((data as Buffer).toString()) as ServerMessage);
      for (const look of this.#waiting) look();
    });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message, heard already or yet to come, of this type that is as it should be. */
  hears<T extends ServerMessage['type']>(
    type: T,
    matches: (message: Extract<ServerMessage, { readonly type: T }>) => boolean = () => true,
  ): Promise<Extract<ServerMessage, { readonly type: T }>> {
    type Sought = Extract<ServerMessage, { readonly type: T }>;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited for ${type}, heard ${this.heard.map((message) => message.type).join(' ')}`));
      }, 10_000);
      const look = () => {
        const found = this.heard.find(
          (message): message is Sought => message.type === type && matches(message as Sought),
        );
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
