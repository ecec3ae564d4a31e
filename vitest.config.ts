import { defineConfig } from 'vitest/config';

// Five rooms of tests. `machines` and `visualize` run against xstate's development build, whose warnings fail a test;
// `blackbox` runs the built command and shares the machine's two cores badly, so its files come one after the other.
// On a shared CI machine a test of real processes gets a second chance: what is late there is not wrong.
const retry = process.env['CI'] === undefined ? 0 : 2;

const at = (path: string) => new URL(path, import.meta.url).pathname;
// The examples import the package by its name; here it is the sources, and in the room `blackbox` the built package.
const alias = [
  { find: /^ncolony\/machines$/, replacement: at('machines/index.ts') },
  { find: /^ncolony$/, replacement: at('src/index.ts') },
];

export default defineConfig({
  test: {
    setupFiles: ['test/fail-on-warnings.ts'],
    // All cores: on a machine of two, vitest would use one.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        resolve: { conditions: ['development', 'module', 'node'] },
        ssr: { resolve: { conditions: ['development', 'module', 'node'] } },
        test: {
          name: 'machines',
          include: ['test/*.test.ts', 'test/machines/**/*.test.ts', 'test/visualize/**/*.test.ts'],
          server: { deps: { inline: [/xstate/] } },
        },
      },
      {
        extends: true,
        resolve: { alias },
        test: { name: 'src', include: ['test/src/**/*.test.ts'], testTimeout: 20_000, retry },
      },
      {
        extends: true,
        test: {
          name: 'blackbox',
          retry,
          include: ['test/blackbox/**/*.test.ts'],
          testTimeout: 30_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          retry,
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          retry,
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
