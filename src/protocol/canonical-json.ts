/**
 * One text for all JSON objects of equal meaning: keys sorted, no white space, without the top-level key `omit`.
 *
 * Numbers that a double cannot hold (20 digits) keep their digits: a changed big number is a change.
 * Throws `SyntaxError` where `text` is not JSON.
 */
export function canonicalJson(text: string, omit: string): string {
  return canonicalValue({ ...parseExactly(text), [omit]: undefined });
}

/** The members of a JSON object, each in canonical form. */
export function canonicalMembers(text: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(parseExactly(text)).map(([key, value]) => [key, canonicalValue(value)]));
}

function parseExactly(text: string): object {
  return JSON.parse(/\d{16}/.test(text) ? quoteBigNumbers(text) : text) as object;
}

function canonicalValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalValue(member)}`).join(',')}}`;
}

// Strings are matched first, and left alone, so that digits inside of them are not taken for numbers.
// A marker that no JSON string of ours starts with keeps the number 1 apart from the string "1".
function quoteBigNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') || token.length < 16 ? token : `"\\u0000${token}"`,
  );
}
