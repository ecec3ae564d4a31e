import { fromCallback, type AnyEventObject } from 'xstate';
import type { SignalReceived } from '../../machines/index.js';

const signals: readonly SignalReceived['signal'][] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** The real signals actor: what the operating system asks of the monitor. What follows is the supervisor's decision. */
export const osSignalsActor = fromCallback<AnyEventObject>(({ sendBack }) => {
  const listeners = signals.map((signal) => ({
    signal,
    listener: () => sendBack({ type: 'signal.received', signal } satisfies SignalReceived),
  }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
});
