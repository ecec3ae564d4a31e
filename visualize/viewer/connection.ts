import { silenceMs, type ServerMessage, type ViewerMessage } from '../live-protocol.js';
import type { Model } from './model.js';
import type { Source } from './page.js';

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/** Keeps a model like the monitor, and says so when it cannot. */
export class Connection implements Source {
  readonly #model: Model;
  #socket: WebSocket | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #pause = firstPauseMs;
  #watched: string | undefined;
  #isFollowing = false;
  #isOpening = false;

  constructor(model: Model) {
    this.#model = model;
    // Whoever comes back to a page that slept does not want to wait.
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => this.#retryNow());
  }

  /** Asks first whether it may: a browser does not tell why a WebSocket was refused. */
  async open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const { status } = await fetch('/session', { cache: 'no-store' });
      if (status === 401) return this.#model.become('denied');
      if (status !== 200) throw new Error(`the monitor answers ${status}`);
      this.#connect();
    } catch {
      this.#lose();
    } finally {
      this.#isOpening = false;
    }
  }

  /** Shows the token; whether it was the right one. */
  async signIn(token: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${token}` };
    const { ok } = await fetch('/session', { method: 'POST', headers });
    if (ok) await this.open();
    return ok;
  }

  watch(name: string | undefined): void {
    this.#watched = name;
    this.#model.watch(name);
    this.#say({ type: 'watch', name: name ?? null });
  }

  follow(on: boolean): void {
    this.#isFollowing = on;
    this.#say({ type: 'follow', on });
  }

  async order(name: string, word: string): Promise<string | undefined> {
    const response = await fetch(`/programs/${encodeURIComponent(name)}/${word}`, { method: 'POST' });
    if (response.ok) return undefined;
    const text = await response.text();
    try {
      return (JSON.parse(text) as { error: { message: string } }).error.message;
    } catch {
      return text.trim();
    }
  }

  #connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    this.#socket = socket;
    this.#listen(socket);
    socket.addEventListener('open', () => {
      this.#pause = firstPauseMs;
      if (this.#watched !== undefined) this.#say({ type: 'watch', name: this.#watched });
      if (this.#isFollowing) this.#say({ type: 'follow', on: true });
    });
    socket.addEventListener('message', ({ data }) => {
      this.#listen(socket);
      this.#model.take(JSON.parse(String(data)) as ServerMessage);
    });
    socket.addEventListener('close', () => {
      if (socket === this.#socket) this.#lose();
    });
  }

  /** A connection can be dead without a word. */
  #listen(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (socket !== this.#socket) return;
      socket.close();
      this.#lose();
    }, silenceMs);
  }

  #lose(): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    this.#model.become('lost');
    setTimeout(() => this.#retry(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, longestPauseMs);
  }

  #retry(): void {
    if (this.#socket === undefined && this.#model.link === 'lost') void this.open();
  }

  #retryNow(): void {
    if (document.visibilityState === 'visible') this.#retry();
  }

  #say(message: ViewerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
