import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { arrowsOf, wayTo, type Arrow, type House } from './import-graph.js';

/** Files of src/ that stand on nothing but packages and each other. */
const ground = 'src/errors.ts src/home.ts src/print.ts src/printable.ts src/version.ts';

/**
 * What the files of a room may import: rooms, files, named packages, or all `packages`. The longest prefix rules: a
 * file or folder of src/ without a row of its own belongs to `src/`.
 */
const rooms: Record<string, string> = {
  // They run anywhere: in a browser, in the viewer, in tests under simulated time.
  'machines/': 'machines/ xstate',

  // cli → monitor → actors → os → protocol: the composition root sees everything, the others what is below them.
  'src/': 'src/ machines/ packages',
  'src/ctl/': `src/ctl/ src/os/ src/protocol/ ${ground} machines/ packages`,
  'src/observers/': 'src/observers/ src/os/ src/protocol/ src/errors.ts src/log.ts machines/ packages',
  'src/actors/': 'src/actors/ src/output/ src/os/ src/protocol/ src/errors.ts src/log.ts machines/ packages',
  'src/output/': 'src/output/ src/os/ src/protocol/ src/errors.ts src/log.ts packages',
  'src/os/': 'src/os/ src/protocol/ src/errors.ts machines/ packages',
  // It has no world: time and processes are simulated.
  'src/simulate/': 'src/simulate/ machines/ xstate',
  // Neither has what others test their actors with: it knows nobody's runner of tests.
  'src/testing/': 'src/testing/ src/simulate/ machines/ xstate',
  'src/protocol/': 'src/protocol/ src/errors.ts machines/ packages',
  ...Object.fromEntries(ground.split(' ').map((file) => [file, `${ground} packages`])),

  // It looks at machines and at the monitor around them, and nobody looks at it.
  'visualize/': 'visualize/ src/ machines/ packages',

  // It may look at everything, and nobody looks at it.
  'test/': 'test/ machines/ src/ visualize/ packages',
};

/** Who may import a room after all, but only by `import()`, when a command needs it. */
const lazily: Record<string, string> = {
  'visualize/': 'src/commands.ts src/diagram-command.ts src/page-commands.ts src/monitor.ts',
};

/** Where a start must not wait for what is large: nothing here may load it, however many files lie between. */
const fast = { rooms: ['src/cli.ts', 'src/ctl/', 'src/protocol/'], without: ['xstate', 'pino', 'chokidar'] };

/** Lines of a file. A statechart is read in one piece, so it may be longer than code. */
const walls: Record<string, number> = { 'machines/': 360, 'src/': 320, 'visualize/': 320 };

/** A file with such a name has no idea of its own. */
const nameless = /(^|\/)(utils?|helpers?|common|misc)(\.|\/|$)/;

const isIn = (path: string, room: string) => path === room || (room.endsWith('/') && path.startsWith(room));

const longest = (path: string, prefixes: readonly string[]) =>
  prefixes.filter((prefix) => isIn(path, prefix)).toSorted((a, b) => b.length - a.length)[0];

function faultsOf(house: House): string[] {
  const arrows = arrowsOf(house);
  const files = Object.keys(house);
  return [
    ...arrows.flatMap((arrow) => strayFaults(arrow)),
    ...files.flatMap((file) => circleFaults(file, arrows)),
    ...files.flatMap((file) => slowFaults(file, arrows)),
    ...files.flatMap((file) => nameFaults(file)),
    ...Object.entries(house).flatMap(([file, text]) => lengthFaults(file, text)),
  ];
}

function strayFaults({ from, to, kind }: Arrow): string[] {
  if (to === '?') return [`${from} imports what it does not name`];
  const room = longest(from, Object.keys(rooms)) ?? '';
  const isOurs = longest(to, Object.keys(rooms)) !== undefined;
  const may = rooms[room]?.split(' ') ?? [];
  if (may.some((entry) => (entry === 'packages' ? !isOurs : isIn(to, entry)))) return [];
  const guests = lazily[longest(to, Object.keys(lazily)) ?? '']?.split(' ') ?? [];
  if (kind === 'lazy' && guests.some((entry) => isIn(from, entry))) return [];
  return [`${from} imports ${to}, but ${room || 'it'} may import ${may.join(', ') || 'nothing'} only`];
}

function circleFaults(file: string, arrows: readonly Arrow[]): string[] {
  const circle = wayTo(arrows, file, [file]);
  const isFirst = circle?.every((other) => file <= other);
  return circle && isFirst ? [`a circle: ${circle.join(' → ')}`] : [];
}

function slowFaults(file: string, arrows: readonly Arrow[]): string[] {
  if (longest(file, fast.rooms) === undefined) return [];
  const loaded = arrows.filter(({ kind }) => kind === 'value');
  const way = wayTo(loaded, file, fast.without);
  return way ? [`a slow start: ${way.join(' → ')}`] : [];
}

const nameFaults = (file: string) => (nameless.test(file) ? [`${file} has a name that says nothing`] : []);

function lengthFaults(file: string, text: string): string[] {
  const wall = walls[longest(file, Object.keys(walls)) ?? ''] ?? Infinity;
  const lines = text.trimEnd().split('\n').length;
  return lines > wall
    ? [`${file} has ${lines} lines, its wall stands at ${wall}: split the idea, or move the wall`]
    : [];
}

function readHouse(): House {
  const root = new URL('../', import.meta.url);
  const files = ['machines', 'src', 'visualize', 'test'].flatMap((room) =>
    readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`),
  );
  const sources = files.filter((file) => file.endsWith('.ts'));
  return Object.fromEntries(sources.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]));
}

test('the house stands', () => {
  expect(faultsOf(readHouse())).toEqual([]);
});

describe('the house falls', () => {
  const lines = (count: number) => 'const a = 1;\n'.repeat(count);

  test.each([
    ['machines/a.ts', 'node:fs'],
    ['machines/a.ts', 'zod/v4'],
    ['machines/a.ts', '../src/b.js'],
    ['visualize/a.ts', '../test/b.js'],
    ['src/cli.ts', '../visualize/b.js'],
    ['src/errors.ts', './monitor.js'],
    ['src/protocol/a.ts', '../os/b.js'],
    ['src/protocol/a.ts', '../actors/b.js'],
    ['src/protocol/a.ts', '../ctl/b.js'],
    ['src/protocol/a.ts', '../monitor.js'],
    ['src/os/a.ts', '../actors/b.js'],
    ['src/os/a.ts', '../log.js'],
    ['src/output/a.ts', '../actors/b.js'],
    ['src/actors/a.ts', '../ctl/b.js'],
    ['src/actors/a.ts', '../monitor.js'],
    ['src/actors/a.ts', '../cli.js'],
    ['src/observers/a.ts', '../actors/b.js'],
    ['src/ctl/a.ts', '../actors/b.js'],
    ['src/ctl/a.ts', '../monitor.js'],
    ['src/simulate/a.ts', 'node:timers'],
    ['src/a.ts', '../test/b.js'],
    ['lib/a.ts', 'node:fs'],
  ])('when %s imports %s', (file, specifier) => {
    const fault = expect.stringMatching(`^${file} imports .*, but`) as string;
    expect(faultsOf({ [file]: `import '${specifier}';` })).toEqual([fault]);
    expect(faultsOf({ [file]: `export * from '${specifier}';` })).toEqual([fault]);
    expect(faultsOf({ [file]: `type A = import('${specifier}').A;` })).toEqual([fault]);
  });

  test.each<[string, House, string]>([
    [
      'anybody loads visualize',
      { 'src/actors/a.ts': `await import('../../visualize/b.js');` },
      'src/actors/a.ts imports visualize/b.ts, but src/actors/ may import',
    ],
    ['nobody knows what is imported', { 'src/a.ts': 'await import(b);' }, 'src/a.ts imports what it does not name'],
    [
      'arrows run in a circle',
      { 'src/a.ts': `import type { B } from './b.js';`, 'src/b.ts': `await import('./a.js');` },
      'a circle: src/a.ts → src/b.ts → src/a.ts',
    ],
    [
      'a command loads xstate from afar',
      { 'src/ctl/a.ts': `export { b } from '../../machines/b.js';`, 'machines/b.ts': `import 'xstate/graph';` },
      'a slow start: src/ctl/a.ts → machines/b.ts → xstate',
    ],
    ['a file is named utils', { 'src/utils.ts': '' }, 'src/utils.ts has a name that says nothing'],
    ['a folder is named common', { 'test/common/a.ts': '' }, 'test/common/a.ts has a name that says nothing'],
    ['a file is beyond its wall', { 'src/a.ts': lines(321) }, 'src/a.ts has 321 lines, its wall stands at 320'],
  ])('when %s', (_, house, fault) => {
    expect(faultsOf(house)).toEqual([expect.stringContaining(fault)]);
  });

  test('but not when the rules are kept', () => {
    const house: House = {
      'machines/a.ts': `import { setup } from 'xstate';\nimport './b.js';`,
      'src/commands.ts': `const { draw } = await import('../visualize/a.js');\nawait import('./monitor.js');`,
      'src/monitor.ts': `import 'pino';\nimport { a } from '../machines/a.js';`,
      'src/ctl/a.ts': `import type { A } from '../../machines/a.js';\nimport '../protocol/a.js';\nimport '../os/a.js';`,
      'src/os/a.ts': `import '../protocol/a.js';\nimport 'node:fs';`,
      'src/actors/common-sense.ts': `import { a } from '../../machines/a.js';`,
      'visualize/a.ts': `import { a } from '../machines/a.js';\nimport 'node:fs';` + lines(318),
      'test/a.test.ts': `import '../src/actors/common-sense.js';\nimport './fixtures/a.js';` + lines(1000),
    };
    expect(faultsOf(house)).toEqual([]);
  });
});
