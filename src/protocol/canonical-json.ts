/**
 * One text for all JSON objects of equal meaning: keys sorted, no white space, without the top-level key `omit`.
 *
 * Numbers are compared as they are written, not as the doubles that they become: a changed digit of 20 is a change.
 * Throws `SyntaxError` where `text` is not JSON.
 */
export function canonicalJson(text: string, omit: string): string {
  return canonicalValue({ ...parseExactly(text), [stringTag + omit]: undefined });
}

/** The members of a JSON object, each in canonical form. */
export function canonicalMembers(text: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(parseExactly(text)).map(([key, value]) => [key.slice(stringTag.length), canonicalValue(value)]),
  );
}

const stringTag = 's';
const numberTag = 'n';

/** Parses with every number kept as a string, and every string, keys too, tagged so that the two stay apart. */
function parseExactly(text: string): object {
  const tagged = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? `"${stringTag}${token.slice(1)}` : `"${numberTag}${exactNumber(token)}"`,
  );
  return JSON.parse(tagged) as object;
}

/** `-1.50e3` → `-15e2`: the same for all spellings of a number. */
function exactNumber(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${BigInt(exponent) + BigInt(digits.length - end - fraction.length)}`;
}

function canonicalValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalValue(member)}`).join(',')}}`;
}
