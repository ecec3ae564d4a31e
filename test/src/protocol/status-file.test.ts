import { expect, it } from 'vitest';
import { parseMonitorStatus, parseProgramStatus } from '../../../src/protocol/status-file.js';
import { statusOf } from '../ctl/rows.js';

const program = { version: 1, ...statusOf(), content: null };
const monitor = { version: 1, pid: 1, startTime: 2, since: 'then', frequency: 5, ncolony: '1.2.3' };

it('is what was written', () => {
  expect(parseProgramStatus(JSON.stringify(program))).toEqual(program);
  expect(parseMonitorStatus(JSON.stringify(monitor))).toEqual(monitor);
});

it('of an older monitor says nothing of what it did not know', () => {
  const older = (status: object, ...keys: string[]) =>
    JSON.stringify(Object.fromEntries(Object.entries(status).filter(([key]) => !keys.includes(key))));
  expect(parseProgramStatus(older(program, 'revision', 'rejected'))).toEqual({ ...program, revision: null });
  expect(parseMonitorStatus(older(monitor, 'frequency'))).toEqual({ ...monitor, frequency: Infinity });
});

it.each(['', '{"version":1', 'null', '[]', '5', '{}', '{"version":2}'])('is nothing where the file is %j', (text) => {
  expect(parseProgramStatus(text)).toBeUndefined();
  expect(parseMonitorStatus(text)).toBeUndefined();
});

it.each([
  { name: 5 },
  { group: 'all' },
  { group: [1] },
  { error: 'no' },
  { error: { code: 'E' } },
  { lastExit: {} },
  { restarts: null },
  { colony: 5 },
])('is nothing where it is of another shape: %j', (changes) => {
  expect(parseProgramStatus(JSON.stringify({ ...program, ...changes }))).toBeUndefined();
});
