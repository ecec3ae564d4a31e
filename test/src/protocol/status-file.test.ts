import { expect, it } from 'vitest';
import { parseMonitorStatus, parseProgramStatus } from '../../../src/protocol/status-file.js';

it('is what was written', () => {
  expect(parseProgramStatus('{"version":1,"name":"web"}')).toEqual({ version: 1, name: 'web' });
  expect(parseMonitorStatus('{"version":1,"pid":5}')).toEqual({ version: 1, pid: 5 });
});

it.each(['', '{"version":1', 'null', '[]', '5', '{}', '{"version":2}'])('is nothing where the file is %j', (text) => {
  expect(parseProgramStatus(text)).toBeUndefined();
  expect(parseMonitorStatus(text)).toBeUndefined();
});
