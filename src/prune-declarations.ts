import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

// The last step of the build: it is run from dist/src. The declarations of what nobody can import would be a third of the
// package's types.
const dist = fileURLToPath(new URL('../', import.meta.url));
const entries = ['src/index.d.ts', 'machines/index.d.ts', 'src/testing/index.d.ts'].map((path) => join(dist, path));

const reached = new Set(entries);
for (const file of reached) {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)\.js["']/g);
  for (const [, path] of specifiers) reached.add(join(dirname(file), `${path}.d.ts`));
}
for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = join(dist, path);
  if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
}
