import { createHmac } from 'node:crypto';
import { canonicalMembers } from './canonical-json.js';
import type { ProgramFile } from './program-file.js';
import { pathStep } from './schema-fault.js';

/** A digest for each top-level key of a program's file: who has it can tell which keys another version changes. */
export type ContentDigests = Readonly<Record<string, string>>;

/**
 * Digests what a file says, so that it can be compared and not read. They are keyed: without `key`, which is random and
 * a monitor's own, a value cannot be found by guessing, nor can it be seen that two programs have the same.
 */
export function contentDigests(key: string, { spec, text }: ProgramFile): ContentDigests {
  const members = new Map<string, string[]>();
  for (const [name, value] of canonicalMembers(text)) {
    const label = pathStep(name);
    members.set(label, [...(members.get(label) ?? []), name, value]);
  }
  // To say "up" is to say nothing.
  members.set('ncolony.wanted', [spec.wanted]);
  return Object.fromEntries(
    [...members].map(([label, said]) => {
      const digest = createHmac('sha256', key).update(JSON.stringify([spec.name, label, said]));
      return [label, digest.digest('base64url').slice(0, 16)];
    }),
  );
}

/** The same, made once for each version of a file: a status is written far more often than a file. */
export function rememberedDigests(key: string): (file: ProgramFile) => ContentDigests {
  const known = new WeakMap<ProgramFile, ContentDigests>();
  return (file) => {
    const digests = known.get(file) ?? contentDigests(key, file);
    known.set(file, digests);
    return digests;
  };
}

/** The keys in which two versions differ. */
export function differingKeys(before: ContentDigests, after: ContentDigests): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
}
