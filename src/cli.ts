#!/usr/bin/env node
import { run } from './commands.js';

const exitCode = await run(process.argv.slice(2));
// Standard output may have failed in the meantime.
process.exitCode ||= exitCode;
