import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Clients } from '../../../visualize/server/clients.js';

class FakeSocket extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  readonly send = vi.fn<(text: string) => void>();
  readonly ping = vi.fn<() => void>();
  readonly close = vi.fn<(code: number, reason: string) => void>();
  readonly terminate = vi.fn<() => void>(() => void this.emit('close'));
}

const megabyte = 1024 * 1024;

describe('Clients', () => {
  let clients: Clients;
  const join = () => {
    const socket = new FakeSocket();
    const onClose = vi.fn<() => void>();
    const isServed = clients.add(socket as unknown as WebSocket, onClose);
    const say = (text: string) => clients.send(socket as unknown as WebSocket, text);
    return { socket, onClose, isServed, say };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    clients = new Clients(2);
  });
  afterEach(() => {
    clients.close();
    vi.useRealTimers();
  });

  it('drops a client that lets too much pile up, and nobody else', () => {
    const [slow, keen] = [join(), join()];
    slow.socket.bufferedAmount = 16 * megabyte + 1;
    for (const { say } of [slow, keen]) say('news');
    expect(slow.socket.terminate).toHaveBeenCalled();
    expect(slow.socket.send).not.toHaveBeenCalled();
    expect(slow.onClose).toHaveBeenCalledOnce();
    expect(keen.socket.send).toHaveBeenCalledWith('news');
    expect(clients.size).toBe(1);
  });

  it('drops a client that gives no sign of life', () => {
    const [dead, living] = [join(), join()];
    living.socket.ping.mockImplementation(() => void living.socket.emit('pong'));
    vi.advanceTimersByTime(15_000);
    expect(dead.socket.terminate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(15_000);
    expect(dead.socket.terminate).toHaveBeenCalled();
    expect(living.socket.terminate).not.toHaveBeenCalled();
  });

  it('sends one away when there are too many, and lets one in when another has gone', () => {
    const [first] = [join(), join()];
    const third = join();
    expect(third.isServed).toBe(false);
    expect(third.socket.close).toHaveBeenCalledWith(1013, 'too many viewers');
    first.socket.emit('close');
    expect(join().isServed).toBe(true);
  });

  it('ends the connection of whoever sends what is malformed', () => {
    const { socket, onClose } = join();
    socket.emit('error', new Error('Invalid WebSocket frame'));
    expect(socket.terminate).toHaveBeenCalled();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('sends nothing to one that is closing', () => {
    const { socket, say } = join();
    socket.readyState = 2;
    say('news');
    expect(socket.send).not.toHaveBeenCalled();
  });
});
