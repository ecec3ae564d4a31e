import { expect, test } from 'vitest';
import { systemTool } from '../../../src/os/system-tools.js';
import { findUser } from '../../../src/os/users.js';

test('a user is found by number and by name', async () => {
  expect(await findUser(0)).toEqual({ name: 'root', uid: 0, gid: 0 });
  expect(await findUser('root')).toEqual({ name: 'root', uid: 0, gid: 0 });
});

test.for([[987_654], ['no-such-user'], ['--help'], ['']])('nobody is found by %j', async ([key]) => {
  expect(await findUser(key!)).toBeUndefined();
});

test('a tool of the system is found by its absolute path, whatever PATH says', () => {
  expect(systemTool('cat')).toMatch(/^\/(?:usr\/)?bin\/cat$/);
  expect(systemTool('no-such-tool')).toBeUndefined();
});
