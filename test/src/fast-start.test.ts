import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** The packages that are loaded with a module of ours: what it imports when it starts, and what that does. */
function packagesOf(...entries: string[]): string[] {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, imported, specifier = imported ?? ''] of readFileSync(path, 'utf8').matchAll(
      /^(?:import|export) (?!type )[^';]* from '([^']+)'|createRequire\(import\.meta\.url\)\('([^']+)'\)/gm,
    )) {
      if (specifier.startsWith('.')) visit(join(path, '..', specifier).replace(/\.js$/, '.ts'));
      else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  };
  for (const entry of entries) visit(resolve(entry));
  expect([...seen].map((path) => relative('.', path))).toContain('src/errors.ts');
  return [...packages].sort();
}

const start = ['src/cli.ts', 'src/ctl/commands.ts'];

it('the command line starts with commander alone', () => {
  expect(packagesOf(...start)).toEqual(['commander']);
});

it.each(['orders/restart', 'orders/signal', 'orders/remove'])('ctl/%s loads next to nothing', (word) => {
  expect(packagesOf(...start, `src/ctl/${word}.ts`)).toEqual(
    word === 'orders/remove' ? ['commander'] : ['commander', 'nanoid/non-secure'],
  );
});

it('ctl status loads nothing more', () => {
  expect(
    packagesOf(
      ...start,
      'src/ctl/status/status.ts',
      ...['status-text', 'table', 'status-watch'].map((word) => `src/ctl/shown/${word}.ts`),
    ),
  ).toEqual(['commander']);
});

it('a TAB loads nothing more, and no machine', () => {
  expect(packagesOf(...start, 'src/completion/answer.ts')).toEqual(['commander']);
});

it.each(['story/explain', 'waiting/wait'])('ctl/%s loads nothing more', (word) => {
  expect(packagesOf(...start, `src/ctl/${word}.ts`)).toEqual(['commander']);
});

it.each(['orders/add', 'check/check', 'check/check-diff', 'orders/wanted', 'waiting/and-wait'])(
  'ctl/%s does not load xstate',
  (word) => {
    expect(packagesOf(...start, `src/ctl/${word}.ts`)).not.toContain('xstate');
  },
);
