import { expect, test } from 'vitest';
import { parseRuns, runLine, type ProcessRecord } from '../../../src/protocol/run-record.js';

const record = (name: string, run: string, boot = 'this'): ProcessRecord => ({ name, run, pid: 7, startTime: 8, boot });

const text = (...lines: readonly Parameters<typeof runLine>[0][]) => lines.map(runLine).join('');

test('the last process of each program is on record until it is over, and all run ids are', () => {
  const lines = text(record('a', 'a1'), record('b', 'b1'), { name: 'a', over: true }, record('a', 'a2'), {
    name: 'b',
    over: true,
  });
  const { runs, last } = parseRuns(lines, 'this');
  expect(runs.map(({ run }) => run)).toEqual(['a1', 'b1', 'a2']);
  expect([...last]).toEqual([['a', record('a', 'a2')]]);
});

test('what was recorded in another boot is nobody’s by now', () => {
  expect(parseRuns(text(record('a', 'a1', 'another')), 'this')).toEqual({ runs: [], last: new Map() });
});

test('a line that was not written to its end harms no other', () => {
  const torn = `${runLine(record('a', 'a1'))}{"name":"b","ru${runLine(record('c', 'c1'))}${runLine(record('d', 'd1'))}`;
  expect([...parseRuns(torn, 'this').last.keys()]).toEqual(['a', 'd']);
  expect(parseRuns('null\n7\n"x"\n[]\n', 'this').runs).toEqual([]);
});
