import { spawnSync } from 'node:child_process';
import { systemTool } from '../../src/os/system-tools.js';

// What a test needs that cannot be had everywhere: where it is missing the test is skipped, and its name says why.

export const isRoot = process.getuid?.() === 0;

/** Whether namespaces can be made; root may not where it is confined itself. */
export const mayUnshare =
  isRoot && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore' }).status === 0;

export const hasTini = systemTool('tini') !== undefined;
