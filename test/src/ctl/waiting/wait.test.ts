import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stateNamed, wait } from '../../../../src/ctl/waiting/wait.js';
import { runtimePaths } from '../../../../src/protocol/runtime-directory.js';
import { PlayedMonitor } from '../played-monitor.js';

const refusal = (code: string, words = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;
const patient = 10_000;
const running = { state: 'running' } as const;
const aWhile = 60;

describe('wait', () => {
  it('is over at once where it is so', async () => {
    const { places } = new PlayedMonitor().runs().file('web').tells('web');
    const report = { version: 1, name: 'web', state: 'running', run: 'run-1', pid: 4711 };
    expect(await wait(places, 'web', running, patient)).toEqual(report);
  });

  it('waits for the monitor, for its first word of the program, and for the state', async () => {
    const monitor = new PlayedMonitor().file('web').tells('web');
    rmSync(runtimePaths(monitor.places.messages).root, { recursive: true });
    const waiting = wait(monitor.places, 'web', running, patient);
    await pause(aWhile);
    monitor.prepares().runs();
    await pause(aWhile);
    monitor.tells('web', { state: 'starting' });
    await pause(aWhile);
    monitor.tells('web', { run: 'run-2' });
    expect(await waiting).toMatchObject({ run: 'run-2' });
  });

  it('does not believe what a dead monitor told', async () => {
    const { places } = new PlayedMonitor().file('web').tells('web');
    await expect(wait(places, 'web', running, 50)).rejects.toThrow(
      refusal('ENOMONITOR', /^after 50 ms: no monitor runs/),
    );
  });

  it('waits for another run than the one that it was told', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    const waiting = wait(monitor.places, 'web', { ...running, runAfter: 'run-1' }, patient);
    await pause(aWhile);
    monitor.tells('web', { run: 'run-2' });
    expect(await waiting).toMatchObject({ run: 'run-2' });
  });

  it('says why not when the time is over', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    await expect(wait(monitor.places, 'web', { state: 'stopped' }, 50)).rejects.toThrow(
      refusal('ETIMEOUT', /^after 50 ms web is not stopped: web is running$/),
    );
    await expect(wait(monitor.places, 'web', { ...running, runAfter: 'run-1' }, 50)).rejects.toThrow(
      refusal('ETIMEOUT', /not running with a run after run-1/),
    );
    monitor.forgets('web');
    await expect(wait(monitor.places, 'web', running, 0)).rejects.toThrow(
      refusal('ETIMEOUT', /not known to the monitor/),
    );
  });

  it('needs a program', async () => {
    const { places } = new PlayedMonitor().runs();
    await expect(wait(places, 'nobody', running, patient)).rejects.toThrow(refusal('EUNKNOWN'));
    await expect(wait(places, '../x', running, patient)).rejects.toThrow(refusal('ENAME'));
    expect(() => stateNamed('up')).toThrow(refusal('EUSAGE', /running, backing-off/));
  });
});
