import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog } from '../../src/log.js';
import { scratch } from './scratch.js';

it('a line is in the file when it is said', async () => {
  const file = join(scratch(), 'log');
  const { logger, isFull } = await openLog({ level: 'info', file, pretty: false });
  logger.info({ name: 'web' }, 'first');
  logger.debug('not asked for');
  logger.info('second');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { name: 'web', msg: 'first' },
    { msg: 'second' },
  ]);
  expect(isFull()).toBe(false);
});
