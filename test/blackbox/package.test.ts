import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { programFileJsonSchema } from '../../src/protocol/program-file-json-schema.js';
import { temporaryDirectory } from '../temporary-directory.js';

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const directory = temporaryDirectory();
/** A project with nothing in it but the package. */
const project = join(directory.path, 'project');
let packed: Packed;

const run = (command: string, args: readonly string[], cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

const runBeside = promisify(execFile);

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', directory.path], '.')) as [Packed];
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(directory.path, packed.filename)]);
  for (const name of ['@types/node', 'undici-types']) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
  cpSync('test/examples', join(project, 'examples'), { recursive: true });
}, 120_000);

afterAll(() => directory.remove());

describe('the package', () => {
  test('has less than 1 MB, and nothing in it but what somebody can come to', () => {
    expect(packed.unpackedSize).toBeLessThan(1_000_000);
    const paths = packed.files.map(({ path }) => path);
    const entries = ['dist/src/index', 'dist/src/testing/index', 'dist/machines/index'];
    const reached = new Set([
      ...reachable(
        ['dist/src/cli', ...entries].map((entry) => `${entry}.js`),
        '.js',
      ),
      ...reachable(
        entries.map((entry) => `${entry}.d.ts`),
        '.d.ts',
      ),
    ]);
    const served = /^dist\/visualize\/(?:viewer\/.*\.(?:js|css|html|svg)|diagrams\/.*\.svg)$/;
    const papers = /^(?:CHANGELOG\.md|LICENSE|README\.md|package\.json|dist\/program-file\.schema\.json)$/;
    const isMeant = (path: string) => reached.has(path) || served.test(path) || papers.test(path) || isTypesOnly(path);
    expect(paths.filter((path) => !isMeant(path))).toEqual([]);
  });

  test('runs nothing when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(project, 'node_modules/ncolony/package.json'), 'utf8')) as {
      scripts: object;
    };
    expect(Object.keys(scripts).filter((script) => /^(?:pre|post)?(?:install|prepare)$/.test(script))).toEqual([]);
  });

  test('has a command that runs', () => {
    const command = join(project, 'node_modules/.bin/ncolony');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(run(command, ['--version'])).toBe(`${version}\n`);
    expect(run(command, ['diagram', 'supervisor'])).toContain('supervising --> stopping');
  });

  test('has types that resolve under nodenext and under bundler', async () => {
    const ways = { nodenext: { module: 'nodenext' }, bundler: { module: 'esnext', moduleResolution: 'bundler' } };
    const compiled = Object.entries(ways).map(async ([way, options]) => {
      const compilerOptions = {
        ...options,
        target: 'es2023',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        types: ['node'],
        rootDir: 'examples',
        outDir: `built-${way}`,
      };
      const config = `tsconfig.${way}.json`;
      writeFileSync(join(project, config), JSON.stringify({ compilerOptions, include: ['examples'] }));
      await runBeside(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', config], { cwd: project });
      return readdirSync(join(project, `built-${way}`)).sort();
    });
    const examples = readdirSync('test/examples').map((name) => name.replace(/ts$/, 'js'));
    expect(await Promise.all(compiled)).toEqual([examples.sort(), examples.sort()]);
  });

  test('whose machines need xstate and nothing else, in a browser too', async () => {
    const inputs = await bundled(`export { supervisorMachine } from 'ncolony/machines';`);
    expect(inputs.filter((path) => !/node_modules\/(?:ncolony\/dist\/machines|xstate)\//.test(path))).toEqual([]);
    expect(inputs.some((path) => path.includes('ncolony/dist/machines/supervisor.js'))).toBe(true);
  });

  test('of which a bundler keeps only what is used', async () => {
    const inputs = await bundled(`export { programSpec } from 'ncolony/machines';`);
    expect(inputs.map((path) => path.replace(/.*node_modules\//, ''))).toEqual([
      'ncolony/dist/machines/program-spec.js',
    ]);
  });

  test('keeps its inside for itself', () => {
    const load = (path: string) => run(process.execPath, ['--input-type=module', '-e', `await import('${path}')`]);
    expect(() => load('ncolony/dist/src/monitor.js')).toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
    expect(load('ncolony')).toBe('');
    expect(load('ncolony/machines')).toBe('');
    expect(load('ncolony/testing')).toBe('');
  });

  test('ships the JSON Schema of a program file, as the source says it', () => {
    const path = createRequire(join(project, 'x.js')).resolve('ncolony/program-file.schema.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(programFileJsonSchema());
  });
});

describe('the examples run on the package as it is installed', () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  function start(name: string, files: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const cwd = join(project, `run-${name}`);
    mkdirSync(cwd);
    for (const path of ['conf', 'messages']) mkdirSync(join(cwd, path));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, path), text);
    const child = spawn(process.execPath, [join(project, 'built-nodenext', `${name}.js`), ...args], {
      cwd,
      stdio: 'pipe',
    });
    running.push(child);
    const exit = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return {
      cwd,
      says: (text: string | RegExp) => vi.waitFor(() => expect(said).toMatch(text), { timeout: 15_000, interval: 20 }),
      async stops(): Promise<string> {
        child.kill('SIGTERM');
        expect(await exit).toEqual([0, null]);
        return said;
      },
    };
  }

  test('a machine that invokes the supervisor', async () => {
    const example = start('parent-machine', {
      'conf/web': '{"args": ["sleep", "1000"]}',
      'conf/bad': '{"args": ["false"]}',
    });
    await example.says(/web runs, pid \d+/);
    await example.says('bad fails, again in 1000 ms');
    expect(await example.stops()).toContain('everything is down');
  });

  test('programs in code, in worker threads', async () => {
    const counter = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => process.exit(0));
      setTimeout(() => process.exit(3), 300);`;
    const example = start('programs-in-code', { 'counter.mjs': counter }, 'counter.mjs');
    await example.says(/counter is worker-1\ncounter ended with 3\ncounter is worker-2/);
    expect(await example.stops()).toMatch(/ended with 0\neverything is down\n$/);
  });

  test('a development server that is kept up', async () => {
    const example = start('dev-server', { 'server.js': `console.log('serving'); setInterval(() => {}, 1_000);` });
    await example.says('serving');
    const now = new Date();
    utimesSync(join(example.cwd, 'server.js'), now, now);
    await example.says(/serving\n(?:.*\n)*serving/);
    expect(await example.stops()).toMatch(/it is down\n$/);
  });
});

/** The modules that are left of one when it is bundled for a browser. */
async function bundled(source: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: source, resolveDir: project },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {})
    .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && path !== '<stdin>')
    .map(([path]) => path);
}

function reachable(entries: readonly string[], extension: string): Set<string> {
  const reached = new Set(entries);
  for (const file of reached) {
    const text = readFileSync(file, 'utf8');
    // A thread's file is named by its address.
    for (const [, path] of text.matchAll(/(?:from|import|new URL)\s*\(?["'](\.[^"']+)\.js["']/g)) {
      reached.add(join(dirname(file), `${path}${extension}`));
    }
  }
  return reached;
}

const isTypesOnly = (path: string) => path.endsWith('.js') && readFileSync(path, 'utf8').trim() === 'export {};';
