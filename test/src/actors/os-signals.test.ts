import { expect, test } from 'vitest';
import type { AnyEventObject } from 'xstate';
import type { SignalReceived } from '../../../machines/index.js';
import { osSignalsActor } from '../../../src/actors/os-signals.js';
import { Probe } from './probe.js';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const listeners = () => signals.map((signal) => process.listenerCount(signal));

test('what the system asks for is told as often as it asks, until the actor is stopped', async () => {
  const before = listeners();
  const probe = new Probe<AnyEventObject, SignalReceived>(osSignalsActor);
  for (const signal of [...signals, 'SIGINT'] as const) {
    const since = probe.now;
    process.kill(process.pid, signal);
    expect(await probe.next('signal.received', () => true, since)).toEqual({ type: 'signal.received', signal });
  }
  expect(probe.events).toHaveLength(4);

  probe.stop();
  expect(listeners()).toEqual(before);
});
