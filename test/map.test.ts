import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const map =
  /^## The map of the house\n([^]*)$/m.exec(readFileSync(new URL('CONTRIBUTING.md', root), 'utf8'))?.[1] ?? '';

test('the map of the house has one line for every file, and for no other', () => {
  const mapped = map.split(/^### /m).flatMap((section) => {
    const [room = '', ...lines] = section.split('\n');
    return lines.flatMap((line) => (line.startsWith('- ') ? [`${room}${/^- `(.+?)`: \S/.exec(line)?.[1]}`] : []));
  });
  const files = ['machines', 'src', 'visualize'].flatMap((room) =>
    readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' })
      .map((path) => `${room}/${path}`)
      .filter((path) => statSync(new URL(path, root)).isFile()),
  );
  expect(mapped.toSorted()).toEqual(files.toSorted());
});
