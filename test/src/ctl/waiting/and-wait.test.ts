import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  addAndWait,
  removeAndWait,
  restartAllAndWait,
  restartAndWait,
  restartGroupAndWait,
  startAndWait,
  stopAndWait,
} from '../../../../src/ctl/waiting/and-wait.js';
import { programFile } from '../../../../src/ctl/orders/add.js';
import { bootId } from '../../../../src/os/boot.js';
import { PlayedMonitor } from '../played-monitor.js';

const refusal = (code: string, words = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;
const obeyed = (...names: string[]) => ({ kind: 'obeyed', names }) as const;
const startTimeOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]);
const patient = 10_000;
/** Long enough for what would be wrong to be done. */
const aWhile = 60;

/** Whether it is done, and the promise of it. */
function watched(promise: Promise<unknown>): { readonly done: () => boolean; readonly promise: Promise<unknown> } {
  let isDone = false;
  const noted = promise.finally(() => (isDone = true));
  noted.catch(() => {});
  return { done: () => isDone, promise: noted };
}

describe('restart', () => {
  it('is done when the start that was asked for runs, whatever an older status says', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web', { starts: 2 });
    monitor.answers(() => ({ outcome: obeyed('web'), starts: [3] }));
    const restart = watched(restartAndWait(monitor.places, 'web', patient));
    monitor.tells('web', { starts: 2 });
    await pause(aWhile);
    monitor.tells('web', { starts: 3, state: 'starting' });
    await pause(aWhile);
    expect(restart.done()).toBe(false);
    monitor.tells('web', { starts: 3 });
    await restart.promise;
  });

  it('is done by a later monitor as well, which counts anew', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web', { starts: 7 });
    monitor.answers(() => ({ outcome: obeyed('web'), starts: [8] }));
    const restart = watched(restartAndWait(monitor.places, 'web', patient));
    await pause(aWhile);
    monitor.forgets('web').runs({ pid: process.ppid, startTime: startTimeOf(process.ppid) });
    await pause(aWhile);
    expect(restart.done()).toBe(false);
    monitor.tells('web', { starts: 1 });
    await restart.promise;
  });

  it.each([
    [{ kind: 'declined', error: { code: 'EDOWN', message: 'web is wanted down' } }, 'EDOWN'],
    [{ kind: 'rejected', error: { code: 'EUNKNOWN', message: 'none' } }, 'EUNKNOWN'],
    [{ kind: 'rejected', error: { code: 'ENEW', message: 'a code of a later monitor' } }, 'EMESSAGE'],
  ] as const)('that is answered %j is refused at once', async (outcome, code) => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    monitor.answers(() => ({ outcome }));
    await expect(restartAndWait(monitor.places, 'web', patient)).rejects.toThrow(refusal(code));
  });

  it('of a program whose file was never good says what is wrong with it', async () => {
    const rejected = { code: 'ESYNTAX', message: 'not JSON' };
    const monitor = new PlayedMonitor().runs().file('bad').tells('bad', { state: null, rejected });
    monitor.answers(() => ({ outcome: { kind: 'rejected', error: { code: 'EUNKNOWN', message: 'none' } } }));
    await expect(restartAndWait(monitor.places, 'bad', patient)).rejects.toThrow(
      refusal('ESCHEMA', /^bad: its file was rejected \(ESYNTAX: not JSON\)$/),
    );
  });

  it('asks for nothing where no monitor runs', async () => {
    const monitor = new PlayedMonitor().file('web');
    await expect(restartAndWait(monitor.places, 'web', patient)).rejects.toThrow(refusal('ENOMONITOR'));
    expect(monitor.messages).toEqual([]);
  });

  it('says what it waited for when the time is over', async () => {
    const monitor = new PlayedMonitor().runs().file('web');
    monitor.tells('web', { state: 'backing-off', pid: null, lastExit: { code: 3, signal: null, at: '' } });
    await expect(restartAndWait(monitor.places, 'web', 20)).rejects.toThrow(
      refusal('ETIMEOUT', /^after 20 ms: the monitor has not answered$/),
    );
    monitor.answers(() => ({ outcome: obeyed('web'), starts: [2] }));
    await expect(restartAndWait(monitor.places, 'web', 300)).rejects.toThrow(
      refusal('ETIMEOUT', /^after 0.3 s: web is backing-off: it died young \(code 3\)$/),
    );
  });

  it('says that no monitor runs where it died meanwhile', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    monitor.answers(() => {
      monitor.dies();
      return { outcome: obeyed('web'), starts: [2] };
    });
    await expect(restartAndWait(monitor.places, 'web', 300)).rejects.toThrow(refusal('ENOMONITOR'));
  });

  it('gives up when the program is removed, or wanted down, meanwhile', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    monitor.answers(() => {
      monitor.file('web', { args: ['cat'], 'ncolony.wanted': 'down' });
      return { outcome: obeyed('web'), starts: [2] };
    });
    await expect(restartAndWait(monitor.places, 'web', patient)).rejects.toThrow(
      refusal('EDOWN', /web is wanted down/),
    );
  });
});

describe('restart-all and restart-group', () => {
  it('are done when all of them run', async () => {
    const monitor = new PlayedMonitor()
      .runs()
      .file('a', { args: ['cat'], group: ['g'] })
      .file('b');
    monitor.answers(() => ({ outcome: obeyed('a', 'b'), starts: [2, 5] }));
    for (const ask of [
      () => restartAllAndWait(monitor.places, patient),
      () => restartGroupAndWait(monitor.places, 'g', patient),
    ]) {
      monitor.tells('a').tells('b');
      const restart = watched(ask());
      await pause(aWhile);
      monitor.tells('a', { starts: 2 }).tells('b', { starts: 4 });
      await pause(aWhile);
      expect(restart.done()).toBe(false);
      monitor.tells('b', { starts: 5 });
      await restart.promise;
    }
  });

  it('are done at once where nobody is meant', async () => {
    const monitor = new PlayedMonitor().runs();
    monitor.answers(() => ({ outcome: obeyed(), starts: [] }));
    await expect(restartAllAndWait(monitor.places, patient)).resolves.toBeUndefined();
  });

  it('name some of those that do not run', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const monitor = new PlayedMonitor().runs();
    for (const name of names) monitor.file(name).tells(name, { state: 'starting' });
    monitor.answers(() => ({ outcome: obeyed(...names), starts: [2, 2, 2, 2, 2] }));
    await expect(restartAllAndWait(monitor.places, 100)).rejects.toThrow(
      refusal('ETIMEOUT', /a is starting; b is starting; c is starting; and 2 more$/),
    );
  });
});

describe('add', () => {
  const { revision } = programFile('web', { cmd: 'cat' }).spec;

  it('is done when the new file runs', async () => {
    const monitor = new PlayedMonitor().runs();
    monitor.answers(() => ({ outcome: obeyed('web'), starts: [1] }));
    const adding = watched(addAndWait(monitor.places, 'web', { cmd: 'cat' }, patient));
    await pause(aWhile);
    monitor.tells('web', { revision: 'an older one' });
    await pause(aWhile);
    expect(adding.done()).toBe(false);
    monitor.tells('web', { revision });
    expect(await adding.promise).toEqual([]);
  });

  it('of what is wanted down is done when it is known and down', async () => {
    const monitor = new PlayedMonitor().runs();
    monitor.answers(() => ({ outcome: obeyed() }));
    const extras = { 'ncolony.wanted': 'down' };
    monitor.tells('web', { state: 'killing', wanted: 'down' });
    const adding = watched(addAndWait(monitor.places, 'web', { cmd: 'cat', extras }, patient));
    await pause(aWhile);
    expect(adding.done()).toBe(false);
    monitor.tells('web', { state: 'stopped', wanted: 'down' });
    await adding.promise;
  });

  it('of a file that the monitor does not accept says why', async () => {
    const rejected = { code: 'EPRIVILEGE', message: 'uid: only a monitor that runs as root' };
    const monitor = new PlayedMonitor().runs();
    monitor.answers(() => ({ outcome: { kind: 'rejected', error: { code: 'EUNKNOWN', message: 'none' } } }));
    const adding = watched(addAndWait(monitor.places, 'web', { cmd: 'cat', uid: 5 }, patient));
    await pause(aWhile);
    monitor.tells('web', { state: null, rejected, error: rejected });
    await expect(adding.promise).rejects.toThrow(refusal('ESCHEMA', /rejected \(EPRIVILEGE: uid: only/));
  });

  it('over a version that goes on running says why the new one does not', async () => {
    const old = { code: 'ESYNTAX', message: 'not JSON' };
    const rejected = { code: 'EPRIVILEGE', message: 'uid: only a monitor that runs as root' };
    const monitor = new PlayedMonitor().runs().tells('web', { rejected: old, error: old });
    monitor.answers(() => ({ outcome: obeyed('web'), starts: [1] }));
    const adding = watched(addAndWait(monitor.places, 'web', { cmd: 'cat', uid: 5 }, patient));
    await pause(aWhile);
    expect(adding.done()).toBe(false);
    monitor.tells('web', { rejected, error: rejected });
    await expect(adding.promise).rejects.toThrow(refusal('ESCHEMA', /web is running: its file was rejected/));
  });

  it('writes nothing where no monitor runs', async () => {
    const monitor = new PlayedMonitor();
    await expect(addAndWait(monitor.places, 'web', { cmd: 'cat' }, patient)).rejects.toThrow(refusal('ENOMONITOR'));
    expect(monitor.hasFile('web')).toBe(false);
  });
});

it('start is done when it runs as its file says', async () => {
  const monitor = new PlayedMonitor().runs().file('web', { args: ['cat'], 'ncolony.wanted': 'down' });
  const { revision } = programFile('web', { cmd: 'cat' }).spec;
  monitor.tells('web', { revision }).answers(() => ({ outcome: obeyed('web'), starts: [2] }));
  const starting = watched(startAndWait(monitor.places, 'web', patient));
  await pause(aWhile);
  expect(starting.done()).toBe(false);
  monitor.tells('web', { revision, starts: 2 });
  await starting.promise;
});

const record = { name: 'web', run: 'run', pid: 4711, startTime: 1, boot: bootId };

describe('remove and stop', () => {
  it('are done when the monitor has read the files, and nothing of it is left', async () => {
    for (const [act, rest] of [
      [removeAndWait, (monitor: PlayedMonitor) => monitor.forgets('web')],
      [stopAndWait, (monitor: PlayedMonitor) => monitor.tells('web', { state: 'stopped', wanted: 'down' })],
    ] as const) {
      const monitor = new PlayedMonitor().runs().file('web').tells('web').records(record);
      monitor.answers(() => ({ outcome: obeyed() }));
      const acting = watched(act(monitor.places, 'web', patient));
      await pause(aWhile);
      expect(acting.done()).toBe(false);
      rest(monitor);
      await pause(aWhile);
      expect(acting.done()).toBe(false);
      monitor.records({ name: 'web', over: true });
      await acting.promise;
    }
  });

  it('of what the monitor has not told of yet wait for what is on record', async () => {
    const monitor = new PlayedMonitor().runs().file('web').records(record);
    monitor.answers(() => ({ outcome: obeyed() }));
    const removing = watched(removeAndWait(monitor.places, 'web', patient));
    await pause(aWhile);
    expect(removing.done()).toBe(false);
    monitor.records({ name: 'web', over: true });
    await removing.promise;
  });

  it('is not done with a program that the monitor has not told of yet: stop', async () => {
    const monitor = new PlayedMonitor().runs().file('web');
    monitor.answers(() => ({ outcome: obeyed() }));
    const stopping = watched(stopAndWait(monitor.places, 'web', patient));
    await pause(aWhile);
    expect(stopping.done()).toBe(false);
    monitor.tells('web', { state: 'stopped', wanted: 'down' });
    await stopping.promise;
  });

  it('say what is still there when the time is over', async () => {
    const monitor = new PlayedMonitor()
      .runs()
      .file('web')
      .tells('web', { state: 'killing', stragglers: [5, 6] });
    monitor.answers(() => ({ outcome: obeyed() }));
    await expect(removeAndWait(monitor.places, 'web', 100)).rejects.toThrow(
      refusal('ETIMEOUT', /web is killing: still there: pids 5, 6$/),
    );
  });

  it('give up where it is added again', async () => {
    const monitor = new PlayedMonitor().runs().file('web').tells('web');
    monitor.answers(() => {
      monitor.file('web');
      return { outcome: obeyed() };
    });
    await expect(removeAndWait(monitor.places, 'web', patient)).rejects.toThrow(refusal('EUNKNOWN', /wanted up again/));
  });

  it('do nothing where no monitor runs', async () => {
    const monitor = new PlayedMonitor().file('web');
    await expect(removeAndWait(monitor.places, 'web', patient)).rejects.toThrow(refusal('ENOMONITOR'));
    expect(monitor.hasFile('web')).toBe(true);
  });
});
