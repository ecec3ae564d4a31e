import { z } from 'zod';
import { programFileSchema } from './program-file.js';

/**
 * The JSON Schema of a program's file, for editors: generated from what the monitor judges files by.
 *
 * Draft 7, which all editors read. It is laxer in that `args[0]` may be empty, and stricter in that an unknown
 * `ncolony.` key, of which the monitor only warns, is a fault.
 */
export function programFileJsonSchema(): object {
  const known = Object.keys(programFileSchema.shape).filter((key) => key.startsWith(prefix));
  const names = known.map((key) => key.slice(prefix.length)).join('|');
  return {
    title: 'A program of an ncolony colony',
    description: 'Keys that are not described here are not read, but handed to the program in NCOLONY_CONFIG.',
    ...z.toJSONSchema(programFileSchema, { target: 'draft-7', io: 'input' }),
    propertyNames: { pattern: `^(?!ncolony\\.)|^ncolony\\.(${names})$` },
  };
}

const prefix = 'ncolony.';
