import { expect, test } from 'vitest';
import { ncolony } from './command.js';

const simulate = (...words: string[]) => ncolony(['simulate', ...words]);

test('simulate shows what the options do, and needs no colony', async () => {
  const { code, stdout, stderr } = await simulate(...'--dies-after 0.2 -t 1 -m 1 -M 3600 --for 600'.split(' '));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ {2}0\.000 {2}starting {5}start 1\n {2}0\.200 {2}backing-off {2}exited with code 1/);
  expect(stdout).toMatch(/\n513\.000 {2}backing-off .* next start in 512 s\n/);
  expect(stdout).toMatch(/\nAfter 600 s: 10 starts, 10 deaths, 10 of them instant; it waits .*\n$/);
});

test('simulate answers as JSON, over a year too', async () => {
  const { code, stdout } = await simulate('--dies-after', '2', '--exit-code', '0', '--for', '31536000', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, duration: 31_536_000, end: { starts: 15_768_001 } });
});

test.each([
  [['--for', '31622401'], '--for: expected seconds from 0 to 31622400'],
  [['--dies-after', '0'], '--dies-after: expected seconds from 0.001 to 2147483.647'],
  [['--stop-at', '601'], '--stop-at: expected seconds from 0 to 600'],
  [['--restart-at', 'soon'], '--restart-at: expected seconds from 0 to 600'],
  [['--exit-code', '256'], '--exit-code: expected a number from 0 to 255'],
  [['-m', '10', '-M', '5'], '--maxrestartdelay: expected seconds from 10 to 2147483.647'],
])('simulate refuses %j', async (words, reason) => {
  expect(await simulate(...words)).toEqual({ code: 2, stdout: '', stderr: `ncolony: ${reason}\n` });
});
