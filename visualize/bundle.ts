import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// It is run from dist/visualize, as the last step of the build: what a browser is sent has no import that it cannot follow.
const root = new URL('../../', import.meta.url);
const pathOf = (path: string) => fileURLToPath(new URL(path, root));

await build({
  entryPoints: [pathOf('visualize/viewer/viewer.ts')],
  outdir: pathOf('dist/visualize/viewer'),
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
});
for (const folder of ['visualize/viewer/', 'visualize/diagrams/']) {
  mkdirSync(pathOf(`dist/${folder}`), { recursive: true });
  for (const name of readdirSync(pathOf(folder))) {
    if (/\.(html|css|svg)$/.test(name)) copyFileSync(pathOf(folder + name), pathOf(`dist/${folder}${name}`));
  }
}
