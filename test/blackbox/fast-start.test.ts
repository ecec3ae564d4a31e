import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from './colony.js';
import { ncolony } from './command.js';

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

test.for([
  ['status', [], ['commander']],
  ['restart', ['web'], ['commander', 'nanoid']],
] as const)(
  'ctl %s runs the code of no other package than it needs',
  async ([word, operands, packages], { colony }) => {
    await colony.monitor();
    colony.write('web', { args: ['cat'] });
    await colony.statusLike('web', { state: 'running' });
    // V8 tells of every script that it ran.
    const coverage = mkdtempSync(join(colony.root, 'coverage-'));
    const places = ['--messages', colony.messages, '--config', colony.config];
    const environment = { ...process.env, NODE_V8_COVERAGE: coverage };
    expect(await ncolony(['ctl', ...places, word, ...operands], environment)).toMatchObject({ code: 0, stderr: '' });

    const [file = ''] = readdirSync(coverage);
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as Coverage;
    const found = result
      .map(({ url }) => /\/node_modules\/(.+?)\//.exec(url)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(found)].sort()).toEqual(packages);
  },
);
