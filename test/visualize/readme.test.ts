import { expect, test } from 'vitest';
import { withDiagram } from '../../visualize/readme.js';

const readme = (first: string, second: string) =>
  `# Lamps\n\n<!-- diagram lamp -->${first}<!-- /diagram -->\n\n<!-- diagram bulb -->${second}<!-- /diagram -->\n\nEnd.\n`;

test('a diagram takes the place that bears its name, and no other', () => {
  expect(withDiagram(readme('\n', '\nold\n'), 'bulb', 'stateDiagram-v2\n')).toBe(
    readme('\n', '\n\n```mermaid\nstateDiagram-v2\n```\n\n'),
  );
});

test('the same diagram twice changes nothing', () => {
  const once = withDiagram(readme('\n', '\n'), 'lamp', 'stateDiagram-v2\n');
  expect(withDiagram(once, 'lamp', 'stateDiagram-v2\n')).toBe(once);
});

test.each(['no place at all', '<!-- diagram lamp -->', '<!-- /diagram -->'])(
  'a text without a place is refused: %s',
  (text) => {
    expect(() => withDiagram(text, 'lamp', 'stateDiagram-v2\n')).toThrow('there is no <!-- diagram lamp -->');
  },
);
