import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Measurements } from '../measurements.js';
import { MonitorUnderTest } from '../monitor-under-test.js';

const crashes = 20;

/** What it costs a monitor to be looked at: nobody, our page, the inspector of Stately, both. */
export async function lookedAt(results: Measurements, count: number): Promise<void> {
  const peer = 'ncolony native';
  const monitor = new MonitorUnderTest();
  const clients: WebSocket[] = [];
  const look = async (url: string, path: string) => {
    const client = new WebSocket(new URL(path, url.replace('http', 'ws')));
    clients.push(client);
    const heard = { bytes: 0, at: performance.now() };
    client.on('message', (data) => {
      heard.bytes += (data as Buffer).length;
      heard.at = performance.now();
    });
    const begin = performance.now();
    // Everything has been told when nothing more comes.
    do await pause(200);
    while (heard.bytes === 0 || performance.now() - heard.at < 150);
    results.add(`all is told on ${path}`, peer, count, (heard.at - begin) / 1000, 's');
  };
  const measure = async (who: string) => {
    const [cpu, pss] = [monitor.cpu, monitor.pss];
    const times: number[] = [];
    for (let round = 0; round < crashes; round++) {
      const replaced = monitor.facts('program.started', 1, 'victim');
      const killed = performance.now();
      process.kill(victim, 'SIGKILL');
      victim = (await replaced).pid ?? 0;
      times.push(performance.now() - killed);
      await pause(150);
    }
    const median = times.sort((a, b) => a - b)[crashes >> 1] ?? Number.NaN;
    results.add(`crash → replacement, ${who}`, peer, count, median, 'ms');
    results.add(`CPU for ${crashes} of them, ${who}`, peer, count, monitor.cpu - cpu, 'CPU s');
    results.add(`memory, ${who}`, peer, count, pss / 1024, 'MB');
  };
  let victim = 0;
  try {
    for (let index = 1; index < count; index++) monitor.write(`p${index}`, ['sleep', '1000']);
    monitor.write('victim', ['sleep', '1000']);
    monitor.start('--http', '0', '--threshold', '0.05');
    const [url, , { pid = 0 }] = await Promise.all([
      monitor.address(),
      monitor.facts('program.started', count),
      monitor.facts('program.started', 1, 'victim'),
    ]);
    victim = pid;
    await pause(2_000);
    await measure('nobody looks');
    await look(url, '/live');
    await measure('our page looks');
    await look(url, '/');
    await measure('the inspector looks too');
  } finally {
    for (const client of clients) client.terminate();
    await monitor.stop();
    monitor.remove();
  }
}
