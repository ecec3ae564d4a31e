#!/usr/bin/env node
import { setImmediate as nextTurn } from 'node:timers/promises';
import { run } from './commands.js';

const exitCode = await run(process.argv.slice(2));
// Standard output is written synchronously on Linux, but what went wrong with it is told a turn later.
await nextTurn();
// At once: a library's timer may be left.
process.exit(process.exitCode || exitCode);
