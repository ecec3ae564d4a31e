import { join } from 'node:path';
import { maxProgramFileBytes, readFileBytes } from '../../src/protocol/file-bytes.js';
import { contentOf, parseProgramFile, programFileSchema } from '../../src/protocol/program-file.js';
import type { ConfigView } from '../live-protocol.js';

/** What a program's file says, without the values of what can be secret; `null`: it has none that is good. */
export function configViewOf(config: string, name: string): ConfigView | null {
  const file = readFileBytes(join(config, name), maxProgramFileBytes);
  const parsed = file.kind === 'bytes' ? parseProgramFile(name, file.bytes) : undefined;
  if (!parsed?.ok) return null;
  const content = contentOf(parsed.file);
  const { args, env = {}, env_inherit: envInherit = [] } = content;
  const shown = new Set(['args', 'env', 'env_inherit']);
  const keys = Object.keys(content);
  const isKnown = (key: string) => key in programFileSchema.shape;
  return {
    args,
    env: Object.keys(env),
    envInherit,
    settings: keys
      .filter((key) => isKnown(key) && !shown.has(key))
      .map((key) => ({ key, value: JSON.stringify(content[key]) })),
    extras: keys.filter((key) => !isKnown(key)),
  };
}
