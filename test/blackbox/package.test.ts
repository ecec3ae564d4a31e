import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { programFileJsonSchema } from '../../src/protocol/program-file-json-schema.js';

test('the package ships the JSON Schema of a program file, as the source says it', () => {
  const path = createRequire(import.meta.url).resolve('ncolony/program-file.schema.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(programFileJsonSchema());
});
