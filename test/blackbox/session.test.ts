import { expect } from 'vitest';
import { test } from './colony.js';

// The session of NColony's documentation, with its own names and default options.

test('cat runs when it is added to a running monitor, and stays', async ({ colony }) => {
  const monitor = await colony.launch().begun();
  colony.write('my-cat-program', { args: ['cat'] });
  const { pid } = await monitor.fact('program.running', { name: 'my-cat-program' });

  expect(colony.processes('my-cat-program')).toMatchObject([{ pid, command: ['cat'] }]);
});
