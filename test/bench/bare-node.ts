import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Program } from './programs.js';

// Runs the programs of a list, and those that it reads from standard input: two pipes each, again when they die. Nothing
// is cheaper in Node. With a directory, each writes into a file there instead.

const [list = '', mostStarts = '0', output] = process.argv.slice(2);
const children = new Set<ChildProcess>();
let starts = 0;
let isStopping = false;

function run(program: Program): void {
  if (starts >= Number(mostStarts)) return;
  starts++;
  const [file = '', ...words] = program.args;
  const log = output === undefined ? 'pipe' : openSync(`${output}/${program.name}.log`, 'a');
  const child = spawn(file, words, { env: {}, detached: true, stdio: ['ignore', log, log] });
  if (typeof log === 'number') closeSync(log);
  child.stdout?.resume();
  child.stderr?.resume();
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    if (!isStopping) run(program);
    else if (children.size === 0) process.exit();
  });
}

process.once('SIGTERM', () => {
  isStopping = true;
  if (children.size === 0) process.exit();
  for (const child of children) child.kill('SIGTERM');
});
createInterface({ input: process.stdin }).on('line', (line) => run(JSON.parse(line) as Program));
for (const program of JSON.parse(readFileSync(list, 'utf8')) as Program[]) run(program);
