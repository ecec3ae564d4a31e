import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { MonitorUnderTest } from './monitor-under-test.js';

const crashes = 20;

/** What it costs a monitor to be looked at: nobody, our page, the inspector of Stately, both. */
export async function lookedAt(count: number): Promise<{ what: string; figure: string }[]> {
  const rows: { what: string; figure: string }[] = [];
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
    return `${((heard.at - begin) / 1000).toFixed(2)} s, ${(heard.bytes / 1e6).toFixed(1)} MB`;
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
    const figure = `${median.toFixed(1)} ms, ${(monitor.cpu - cpu).toFixed(2)} s of CPU, ${(pss / 1024).toFixed(0)} MB`;
    rows.push({ what: `${count} programs, ${who}: crash → replacement`, figure });
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
    rows.push({ what: `${count} programs: all is told to our page in`, figure: await look(url, '/live') });
    await measure('our page looks');
    rows.push({ what: `${count} programs: all is told to the inspector in`, figure: await look(url, '/') });
    await measure('the inspector looks too');
    return rows;
  } finally {
    for (const client of clients) client.terminate();
    await monitor.stop();
    monitor.remove();
  }
}
