#!/usr/bin/env node
import { run } from './commands.js';

const exitCode = await run(process.argv.slice(2));
// At once: a library's timer may be left, and standard output is written synchronously on Linux. It may have failed.
process.exit(process.exitCode || exitCode);
