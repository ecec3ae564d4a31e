import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built command, as it would be installed. */
export const command = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
if (!existsSync(command)) throw new Error('these tests need the built command: npm run build');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command to its end. */
export function ncolony(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], { env: environment }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}
