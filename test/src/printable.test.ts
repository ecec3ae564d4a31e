import { expect, it } from 'vitest';
import { printable } from '../../src/printable.js';

it.each([
  ['web ü✓', 'web ü✓'],
  ['a\nb\tc', 'a\\nb\\u0009c'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u009b2J\u2028', '\\u009b2J\\u2028'],
])('%j is printed as %j', (text, printed) => {
  expect(printable(text)).toBe(printed);
});
