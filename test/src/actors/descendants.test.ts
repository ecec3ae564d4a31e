import { expect, test } from 'vitest';
import { Descendants } from '../../../src/actors/descendants.js';
import { Survey } from '../../../src/os/process-table.js';

/** A process that no user has any more, so that only its run can tell whose it is. */
function surveyOf(run: string): Survey {
  const gone = { pid: 4_194_303, parent: 1, group: 1, session: 1, startTime: 1, zombie: false, kernelThread: false };
  return new Survey(new Map(), [{ ...gone, name: 'web', run }]);
}

test('a run is remembered, and the oldest forgotten when there are very many', () => {
  const descendants = new Descendants([], ['recorded']);
  expect(descendants.of('web', surveyOf('recorded'))).toHaveLength(1);
  expect(descendants.of('web', surveyOf('unheard-of'))).toEqual([]);
  for (let index = 0; index < 20_000; index++) descendants.remember(`run-${index}`);
  expect(descendants.of('web', surveyOf('recorded'))).toEqual([]);
  expect(descendants.of('web', surveyOf('run-0'))).toHaveLength(1);
  expect(descendants.of('web', surveyOf('run-19999'))).toHaveLength(1);
});
