import { expect, test } from 'vitest';
import { labelsOn } from '../../visualize/actor-tree.js';

test.each([
  ['supervisor', ['supervisor']],
  ['supervisor/signals', ['supervisor', 'signals']],
  ['supervisor/ward/0/program/web/process', ['supervisor', 'ward/0', 'program/web', 'process']],
  // Programs may be called as they like.
  ['supervisor/ward/12/program/ward/process', ['supervisor', 'ward/12', 'program/ward', 'process']],
  ['supervisor/ward/0/program/program', ['supervisor', 'ward/0', 'program/program']],
])('the way %s leads over the actors that it names', (way, labels) => {
  expect(labelsOn(way)).toEqual(labels);
});
