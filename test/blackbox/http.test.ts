import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import parsePrometheus from 'parse-prometheus-text-format';
import { describe, expect, vi } from 'vitest';
import { WebSocket } from 'ws';
import { test } from './colony.js';
import { addressOf, ask, knock, LiveClient } from './looking.js';

const token = 'a-token-of-24-characters';
const bearer = { authorization: `Bearer ${token}` };

interface Family {
  readonly name: string;
  readonly type: string;
  readonly metrics: readonly { readonly value: string; readonly labels?: Readonly<Record<string, string>> }[];
}

test('nobody listens where it was not asked for', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('cat', { args: ['cat'] });
  await colony.statusLike('cat', { state: 'running' });
  expect(monitor.records.filter((record) => 'url' in record)).toEqual([]);
});

test('/status.json is what ctl status --json prints', async ({ colony }) => {
  const monitor = await colony.monitor('--http', '0');
  const url = await addressOf(monitor);
  colony.write('cat', { args: ['cat'], group: ['animals'] });
  colony.write('bad', '{');
  await colony.statusLike('cat', { state: 'running' });
  await colony.statusLike('bad', { state: null });
  const untimed = (text: string) => text.replaceAll(/"uptime":[\d.]+/g, '"uptime":0');
  const { code, headers, body } = await ask(url, '/status.json');
  expect({ code, type: headers['content-type'] }).toEqual({ code: 200, type: 'application/json' });
  expect(untimed(body)).toBe(untimed((await colony.ctl('status', '--json')).stdout));
});

test('/metrics can be parsed, and tells of every program and of the monitor', async ({ colony }) => {
  const monitor = await colony.monitor('--http', '0', '-m', '0.4');
  const url = await addressOf(monitor);
  colony.write('we"i\\rd', { args: ['cat'] });
  colony.write('dies', { args: ['sh', '-c', 'exit 7'] });
  colony.write('ended', { args: ['sh', '-c', 'kill -9 $$'], 'ncolony.wanted': 'up' });
  colony.write('bad', '{"args": 7}');
  colony.send({ type: 'RESTART', name: 'nobody' });
  await colony.statusLike('we"i\\rd', { state: 'running' });
  await colony.statusLike('dies', { state: 'backing-off', starts: 2 });
  await colony.statusLike('ended', { state: 'backing-off' });
  await colony.statusLike('bad', { state: null });
  await monitor.fact('message.judged');

  const { headers, body } = await ask(url, '/metrics');
  expect(headers['content-type']).toContain('version=0.0.4');
  const families = parsePrometheus(body) as Family[];
  expect(families.map(({ name }) => name).filter((name) => !name.startsWith('ncolony_'))).toEqual([]);
  const value = (family: string, labels: Record<string, string> = {}) => {
    const metrics = families.find(({ name }) => name === `ncolony_${family}`)?.metrics ?? [];
    const found = metrics.find((metric) => JSON.stringify(metric.labels ?? {}) === JSON.stringify(labels));
    return found && Number(found.value);
  };
  expect(value('program_state', { name: 'we"i\\rd', state: 'running' })).toBe(1);
  expect(value('program_state', { name: 'we"i\\rd', state: 'stopped' })).toBe(0);
  expect(value('program_uptime_seconds', { name: 'we"i\\rd' })).toBeGreaterThan(0);
  expect(value('program_uptime_seconds', { name: 'dies' })).toBeUndefined();
  expect(value('program_starts_total', { name: 'dies' })).toBeGreaterThanOrEqual(2);
  expect(value('program_restarts_total', { name: 'dies' })).toBeGreaterThanOrEqual(1);
  expect(value('program_instant_deaths_total', { name: 'dies' })).toBeGreaterThanOrEqual(1);
  expect(value('program_last_exit_code', { name: 'dies' })).toBe(7);
  expect(value('program_last_exit_code', { name: 'ended' })).toBe(128 + 9);
  expect(value('program_backoff_delay_seconds', { name: 'dies' })).toBeGreaterThanOrEqual(0.4);
  expect(value('program_file_rejected', { name: 'bad' })).toBe(1);
  expect(value('files_rejected_total')).toBe(1);
  expect(value('messages_rejected_total')).toBe(1);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(10e6);
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
});

test('/healthz says whether it supervises', async ({ colony }) => {
  const monitor = await colony.monitor('--http', '0', '-k', '5');
  const url = await addressOf(monitor);
  expect(await ask(url, '/healthz')).toMatchObject({ code: 200, body: 'ok\n' });
  colony.write('deaf', { args: ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'] });
  await monitor.said('deaf', 'deaf');
  monitor.kill('SIGTERM');
  await monitor.fact('supervisor.stopping');
  expect(await ask(url, '/healthz')).toMatchObject({ code: 503, body: 'stopping\n' });
  monitor.kill('SIGINT');
  await monitor.ended;
});

test('a port that is taken: one line, exit 1, and the directories are free again', async ({ colony }) => {
  const monitor = await colony.monitor('--http', '0');
  const { port } = await addressOf(monitor);
  await colony.stop(monitor);
  const other = connect({ port: Number(port), host: '127.0.0.1' });
  await once(other, 'error');
  const { createServer } = await import('node:net');
  const taken = createServer().listen(Number(port), '127.0.0.1');
  await once(taken, 'listening');
  const second = colony.launch(['--http', port]);
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.stderr).toBe(`ncolony: --http 127.0.0.1:${port}: somebody else listens there\n`);
  taken.close();
});

describe('who asks for what is not his', () => {
  test('by another name (DNS rebinding) gets nothing', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0'));
    for (const host of [
      'evil.example',
      `evil.example:${url.port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      expect(await ask(url, '/status.json', { host })).toMatchObject({ code: 421 });
      expect(await knock(url, '/live', { host })).toBe(421);
    }
    for (const host of [`localhost:${url.port}`, '127.0.0.1', `[::1]:${url.port}`]) {
      expect(await ask(url, '/status.json', { host })).toMatchObject({ code: 200 });
    }
  });

  test('from the page of another site gets nothing, and no page is told that it may', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0'));
    const origin = 'https://evil.example';
    expect(await knock(url, '/live', { origin })).toBe(403);
    expect(await knock(url, '/', { origin })).toBe(403);
    expect(await knock(url, '/', { origin: 'https://stately.ai' })).toBe(403);
    expect(await knock(url, '/live', { origin: url.origin })).toBe(101);
    const { headers } = await ask(url, '/status.json', { origin });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  test('without the token gets the empty page, and with it everything', async ({ colony }) => {
    const file = join(colony.root, 'token');
    writeFileSync(file, token);
    const url = await addressOf(await colony.monitor('--http', '0', '--http-token', file));
    for (const path of ['/status.json', '/metrics', '/session', '/nowhere']) {
      expect({ path, ...(await ask(url, path)) }).toMatchObject({ path, code: 401 });
      expect({ path, ...(await ask(url, path, { authorization: `Bearer ${token}x` })) }).toMatchObject({ code: 401 });
    }
    expect(await knock(url, '/live')).toBe(401);
    expect(await knock(url, '/')).toBe(401);
    expect(await ask(url, '/')).toMatchObject({ code: 200 });
    expect(await ask(url, '/healthz')).toMatchObject({ code: 200 });
    expect(await ask(url, '/status.json', bearer)).toMatchObject({ code: 200 });
    expect(await knock(url, `/?token=${token}`)).toBe(101);

    const { headers } = await ask(url, '/session', bearer, 'POST');
    const [pass = ''] = headers['set-cookie'] ?? [];
    expect(pass).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(pass).not.toContain(token);
    const cookie = pass.split(';')[0] ?? '';
    expect(await ask(url, '/status.json', { cookie })).toMatchObject({ code: 200 });
    expect(await knock(url, '/live', { cookie })).toBe(101);
  });

  test('can look but not order, unless --http-control was given', async ({ colony }) => {
    const env = { ...process.env, NCOLONY_HTTP_TOKEN: token };
    const looked = await colony.launch(['--http', '0'], env).begun();
    colony.write('cat', { args: ['cat'] });
    await colony.statusLike('cat', { state: 'starting' });
    const reader = await addressOf(looked);
    expect(await ask(reader, '/programs/cat/restart', bearer, 'POST')).toMatchObject({ code: 403 });
    await colony.stop(looked);

    const controlled = await colony.launch(['--http', '0', '--http-control', '-t', '0.1'], env).begun();
    const url = await addressOf(controlled);
    await colony.statusLike('cat', { state: 'running' });
    expect(await ask(url, '/programs/cat/restart', {}, 'POST')).toMatchObject({ code: 401 });
    expect(await ask(url, '/programs/cat/restart', bearer)).toMatchObject({ code: 404 });
    const evil = { ...bearer, origin: 'https://evil.example' };
    expect(await ask(url, '/programs/cat/restart', evil, 'POST')).toMatchObject({ code: 403 });
    expect(await ask(url, '/programs/nobody/restart', bearer, 'POST')).toMatchObject({ code: 404 });
    expect(await ask(url, '/programs/..%2Fcat/stop', bearer, 'POST')).toMatchObject({ code: 404 });
    expect(await ask(url, '/programs/cat/constructor', bearer, 'POST')).toMatchObject({ code: 404 });
    expect(await ask(url, '/programs/cat/restart', bearer, 'PUT')).toMatchObject({ code: 405 });

    const { code, body } = await ask(url, '/programs/cat/restart', bearer, 'POST');
    expect(code).toBe(202);
    const { message } = JSON.parse(body) as { message: string };
    await controlled.fact('message.judged', { id: message });
    await colony.statusLike('cat', { restarts: 1, state: 'running' });
    expect(await ask(url, '/programs/cat/stop', bearer, 'POST')).toMatchObject({ code: 202 });
    await colony.statusLike('cat', { state: 'stopped', wanted: 'down' });
    expect(await ask(url, '/programs/cat/start', bearer, 'POST')).toMatchObject({ code: 202 });
    await colony.statusLike('cat', { state: 'running', wanted: 'up' });
    expect(readdirSync(colony.config)).toEqual(['cat']);
  });

  test('with what is malformed or huge harms nothing', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0');
    const url = await addressOf(monitor);
    colony.write('cat', { args: ['cat'] });
    await colony.statusLike('cat', { state: 'running' });
    const raw = async (bytes: string | Buffer) => {
      const socket = connect({ port: Number(url.port), host: '127.0.0.1' });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      let answer = '';
      socket.on('data', (data: Buffer) => (answer += data.toString()));
      socket.write(bytes);
      await closed;
      return answer.split('\r\n')[0];
    };
    const host = `host: 127.0.0.1\r\nconnection: close`;
    expect(await raw('\0\0\0\r\n\r\n')).toMatch(/400/);
    expect(await raw(`GET / HTTP/1.1\r\n${host}\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(/431/);
    expect(await raw(`GET ${'/..'.repeat(4000)}/etc/passwd HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/404/);
    expect(await raw(`GET //[ HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/404/);
    expect(await raw(`POST /programs/%ff/stop HTTP/1.1\r\n${host}\r\ncontent-length: 9\r\n\r\n`)).toMatch(/404/);
    expect(await raw('GET /status.json HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n')).toMatch(/421/);
    const upgrade = 'upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13';
    expect(await raw(`GET /live HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n\r\n`)).toMatch(/400/);
    const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
    const opened = `GET /live HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n${key}\r\n\r\n`;
    const hugeFrame = Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
    for (const frame of [Buffer.from([0xff, 0xff, 0xff, 0xff]), hugeFrame]) {
      expect(await raw(Buffer.concat([Buffer.from(opened), frame]))).toMatch(/101/);
    }
    for (const message of ['', '[]', 'null', '{"type":"watch"}', '{"type":"watch","name":7}', 'x'.repeat(5_000)]) {
      const client = new LiveClient(url);
      await client.hears('hello');
      client.say(message);
      expect([1008, 1009, 1006]).toContain(await client.closed);
    }
    expect(monitor.facts('program.died')).toEqual([]);
    expect(await ask(url, '/healthz')).toMatchObject({ code: 200 });
  });

  test('and does not read what he is told costs little, and all others are served', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0');
    const url = await addressOf(monitor);
    colony.write('loud', { args: ['sh', '-c', 'while :; do echo "$0"; done', 'x'.repeat(2_000)] });
    await monitor.fact('program.running', { name: 'loud' });
    const lazy = new LiveClient(url);
    await lazy.hears('hello');
    lazy.say({ type: 'watch', name: 'loud' });
    await lazy.hears('output');
    lazy.socket.pause();
    const keen = new LiveClient(url);
    await keen.hears('hello');
    colony.write('cat', { args: ['cat'] });
    await keen.hears('changes', ({ programs }) => programs.some(({ name }) => name === 'cat'));
    const resident = async () => Number(/resident_memory_bytes (\d+)/.exec((await ask(url, '/metrics')).body)?.[1]);
    expect(await resident()).toBeLessThan(400e6);
    keen.socket.terminate();
    lazy.socket.terminate();
  });
});

test('who looks is told how it ended before the monitor is gone', async ({ colony }) => {
  const monitor = await colony.monitor('--http', '0', '-t', '0.05');
  colony.write('cat', { args: ['cat'] });
  await monitor.fact('program.running', { name: 'cat' });
  const client = new LiveClient(await addressOf(monitor));
  await client.hears('hello');
  await colony.stop(monitor);
  expect(await client.closed).toBe(1001);
  const told = client.heard.flatMap((message) => (message.type === 'changes' ? message.programs : []));
  expect(told.at(-1)).toMatchObject({ name: 'cat', state: 'stopped' });
});

test('our page is told of a crash within 200 ms, and no environment value ever', async ({ colony }) => {
  const canary = 'canary-5e1f';
  const monitor = await colony.monitor('--http', '0', '-t', '0.05');
  const url = await addressOf(monitor);
  const content = { args: ['sleep', '1000'], env: { SECRET: canary }, password: canary, 'ncolony.umask': '022' };
  colony.write('sleeper', content);
  const { pid } = await monitor.fact('program.running', { name: 'sleeper' });
  const client = new LiveClient(url);
  const { programs, control } = await client.hears('hello');
  expect(control).toBe(false);
  expect(programs).toEqual([expect.objectContaining({ name: 'sleeper', state: 'running', pid })]);
  client.say({ type: 'watch', name: 'sleeper' });
  const { config, history } = await client.hears('program');
  expect(config).toEqual({
    args: ['sleep', '1000'],
    env: ['SECRET'],
    envInherit: [],
    settings: [{ key: 'ncolony.umask', value: '"022"' }],
    extras: ['password'],
  });
  expect(history.map(({ fact }) => fact.type)).toEqual([
    'config.added',
    'program.starting',
    'program.started',
    'program.running',
  ]);
  client.say({ type: 'follow', on: true });
  await client.hears('actors', ({ actors }) =>
    actors.some(({ id }) => id === 'supervisor/ward/0/program/sleeper/process'),
  );

  const killed = performance.now();
  process.kill(pid ?? 0, 'SIGKILL');
  await client.hears('changes', ({ facts }) => facts.some(({ fact }) => fact.type === 'program.died'));
  expect(performance.now() - killed).toBeLessThan(200);
  const exit = await client.hears('flows', ({ flows }) => flows.some(({ event }) => event === 'process.exited'));
  expect(exit.flows.find(({ event }) => event === 'process.exited')).toMatchObject({
    from: 'supervisor/ward/0/program/sleeper/process',
    to: 'supervisor/ward/0/program/sleeper',
  });
  await vi.waitFor(async () => expect((await ask(url, '/status.json')).body).toContain('"restarts":1'));
  const said = JSON.stringify(client.heard) + (await ask(url, '/status.json')).body + (await ask(url, '/metrics')).body;
  expect(said).not.toContain(canary);
  client.socket.terminate();
  expect(client.socket.readyState).not.toBe(WebSocket.OPEN);
});
