import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const at = (path: string) => new URL(`../${path}`, import.meta.url);

test('README quotes every example, each as its file is', () => {
  const readme = readFileSync(at('README.md'), 'utf8');
  const quotes = [...readme.matchAll(/^<!-- file (.+?) -->\s*```ts\n([^]*?)```/gm)].map(([, path = '', text]) => [
    path,
    text,
  ]);
  expect(Object.fromEntries(quotes)).toEqual(
    Object.fromEntries(
      readdirSync(at('test/examples')).map((name) => {
        const path = `test/examples/${name}`;
        return [path, readFileSync(at(path), 'utf8')];
      }),
    ),
  );
});
