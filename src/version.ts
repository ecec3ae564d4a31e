import { createRequire } from 'node:module';

/** The version of ncolony, as its package says. */
export const { version } = createRequire(import.meta.url)('ncolony/package.json') as { version: string };
