import { expect, it } from 'vitest';
import { signalNamed } from '../../../src/protocol/signal-names.js';

it.each(['HUP', 'hup', 'SIGHUP', 'sighup'])('%s is SIGHUP', (name) => {
  expect(signalNamed(name)).toBe('SIGHUP');
});

it.each(['', 'SIG', '1', 'NONSENSE', 'constructor', 'HUP '])('%j is no signal', (name) => {
  expect(signalNamed(name)).toBeUndefined();
});
