import { expect, it } from 'vitest';
import { parseMonitorStatus, parseProgramStatus } from '../../../src/protocol/status-file.js';

it('is what was written', () => {
  expect(parseProgramStatus('{"version":1,"revision":"r"}')).toEqual({ version: 1, revision: 'r', rejected: null });
  expect(parseMonitorStatus('{"version":1,"frequency":5}')).toEqual({ version: 1, frequency: 5 });
});

it('of an older monitor says nothing of what it did not know', () => {
  expect(parseProgramStatus('{"version":1}')).toEqual({ version: 1, revision: null, rejected: null });
  expect(parseMonitorStatus('{"version":1}')).toEqual({ version: 1, frequency: Infinity });
});

it.each(['', '{"version":1', 'null', '[]', '5', '{}', '{"version":2}'])('is nothing where the file is %j', (text) => {
  expect(parseProgramStatus(text)).toBeUndefined();
  expect(parseMonitorStatus(text)).toBeUndefined();
});
