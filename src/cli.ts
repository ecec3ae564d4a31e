#!/usr/bin/env node
import { run } from './commands.js';
import { printed } from './print.js';

const exitCode = await run(process.argv.slice(2));
await printed();
// At once: a library's timer may be left.
process.exit(process.exitCode || exitCode);
