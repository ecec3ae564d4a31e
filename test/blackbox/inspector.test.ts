import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { test } from './colony.js';
import { addressOf, knock } from './looking.js';

const receiver = fileURLToPath(new URL('../fixtures/programs/receive-inspection.mjs', import.meta.url));

/** What each of so many clients of Stately's own package receives. */
function receivers(server: string, count: number): readonly StatelyInspectionEvent[][] {
  const received = Array.from({ length: count }, (): StatelyInspectionEvent[] => []);
  const child = fork(receiver, [server, String(count)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  child.on('message', ({ client, event }: { client: number; event: StatelyInspectionEvent }) => {
    received[client]?.push(event);
  });
  return received;
}

const receive = (server: string): readonly StatelyInspectionEvent[] => receivers(server, 1)[0] ?? [];

const named = (events: readonly StatelyInspectionEvent[]) =>
  events.flatMap((event) => (event.type === '@xstate.actor' ? [event.name] : []));

const soon = (look: () => void) => vi.waitFor(look, { interval: 5, timeout: 5_000 });

describe('the inspector of Stately', () => {
  test('is told of every actor as it is, parents first, and then of what happens', async ({ colony }) => {
    const canary = 'canary-91ab';
    const monitor = await colony.monitor('--http', '0', '-t', '0.05');
    const url = await addressOf(monitor);
    for (let index = 0; index < 100; index++) {
      colony.write(`p${index}`, { args: ['sleep', '1000'], env: { SECRET: canary } });
    }
    await monitor.count('program.running', 100);
    const server = `ws://${url.host}`;
    const received = receive(server);
    await soon(() => expect(named(received).filter((name) => name === 'process')).toHaveLength(100));

    // supervisor, its three ports, two wards, and each program with its process.
    const actors = received.filter((event) => event.type === '@xstate.actor');
    expect(actors).toHaveLength(1 + 3 + 2 + 100 + 100);
    expect(received).toHaveLength(actors.length);
    expect(new Set(actors.map(({ sessionId }) => sessionId)).size).toBe(actors.length);
    const seen = new Set<string | undefined>();
    for (const { sessionId, parentId } of actors) {
      expect(parentId === undefined || seen.has(parentId)).toBe(true);
      seen.add(sessionId);
    }
    const program = actors.find(({ name }) => name === 'program/p7');
    expect(program?.snapshot).toMatchObject({ value: 'running', status: 'active', context: { starts: 1 } });
    expect(Object.keys((JSON.parse(program?.definition ?? '') as { states: object }).states)).toHaveLength(5);

    const { pid } = monitor.facts('program.started', { name: 'p7' })[0]!;
    process.kill(pid, 'SIGKILL');
    await soon(() => {
      const of = (type: string) => received.filter((event) => event.type === type);
      expect(of('@xstate.event')).toContainEqual(
        expect.objectContaining({
          sessionId: program?.sessionId,
          event: expect.objectContaining({ type: 'process.exited' }) as unknown,
        }),
      );
      expect(of('@xstate.snapshot')).toContainEqual(
        expect.objectContaining({
          sessionId: program?.sessionId,
          snapshot: expect.objectContaining({ value: 'starting' }) as unknown,
        }),
      );
      // The actor of the new process.
      expect(named(received).filter((name) => name === 'process')).toHaveLength(101);
    });
    expect(JSON.stringify(received)).not.toContain(canary);
    // A second one, later, sees the present and not the past.
    const late = receive(server);
    await soon(() => expect(named(late).filter((name) => name === 'process')).toHaveLength(100));
  });

  test('is let in from editors, and not from the pages of others', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0'));
    for (const origin of ['https://stately.ai', 'https://evil.example', 'null']) {
      expect(await knock(url, '/', { origin })).toBe(403);
    }
    expect(await knock(url, '/', { origin: 'vscode-webview://0a1b2c' })).toBe(101);
    expect(await knock(url, '/live', { origin: 'vscode-webview://0a1b2c' })).toBe(403);
  });

  test('of which there are too many gets no more than its turn', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0'));
    const all = receivers(`ws://${url.host}`, 12);
    await soon(() => expect(all.filter((events) => events.length > 0)).toHaveLength(8));
  });
});
