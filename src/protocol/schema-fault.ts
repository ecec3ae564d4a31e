import type { z } from 'zod';

/** `env.PATH: expected string, received number`: where, and what was expected; never the value that was found. */
export function schemaFault(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(pathStep).join('.');
  const expected = expectation(issue);
  return path === '' ? expected : `${path}: ${expected}`;
}

/** A key as a fault names it: one that is written `NAME=value` by mistake can hold a secret. */
export function pathStep(step: PropertyKey): string {
  return String(step).replace(/=.*/s, '=…').slice(0, 80);
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key' && issue.issues[0] !== undefined) return expectation(issue.issues[0]);
  if (issue.code === 'unrecognized_keys') return `expected no key ${issue.keys.map(pathStep).join(', ')}`;
  if (issue.code === 'too_small') return `expected at least ${amount(issue.origin, issue.minimum)}`;
  if (issue.code === 'too_big') return `expected at most ${amount(issue.origin, issue.maximum)}`;
  return issue.message
    .replace(/^(?:Invalid input|Invalid option): /, '')
    .replace('expected record', 'expected object')
    .replace('expected int,', 'expected integer,')
    .replace(/received undefined$/, 'received nothing');
}

function amount(origin: string, count: number | bigint): string {
  const unit = { array: 'element', string: 'character' }[origin];
  return unit === undefined ? String(count) : `${count} ${unit}${Number(count) === 1 ? '' : 's'}`;
}
