import { writeFileSync } from 'node:fs';
import { programFileJsonSchema } from './protocol/program-file-json-schema.js';

// The last step of the build: it is run from dist/src, and the package exports what it writes.
const path = new URL('../program-file.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(programFileJsonSchema(), null, 2)}\n`);
