import { openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closed } from '../../../src/os/closed.js';

test('what the system says to a close is returned', () => {
  const descriptor = openSync('/dev/null', 'w');
  expect(closed(descriptor)).toBeUndefined();
  expect(closed(descriptor)).toMatchObject({ code: 'EBADF' });
});
