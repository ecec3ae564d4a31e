#!/usr/bin/env node
import { run } from './commands.js';

const exitCode = await run(process.argv.slice(2));
// Standard output is written synchronously on Linux, but what went wrong with it is told a turn later.
await new Promise((resolve) => void setImmediate(resolve));
// At once: a library's timer may be left.
process.exit(process.exitCode || exitCode);
