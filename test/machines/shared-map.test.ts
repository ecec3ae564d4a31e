import * as fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SharedMap } from '../../machines/shared-map.js';

const some = Array.from({ length: 60 }, (_, number) => `p${number}`);
const names = fc.array(fc.constantFrom(...some), { maxLength: 20 });
const changes = fc.array(
  fc.record({
    set: fc.array(fc.tuple(names, fc.option(fc.integer(), { nil: undefined })), { maxLength: 3 }),
    drop: names,
  }),
  { maxLength: 40 },
);

test('is a Map in all that it says, its order included, and none that it was made from is changed', () => {
  fc.assert(
    fc.property(changes, (all) => {
      let shared = new SharedMap<number | undefined>();
      let plain = new Map<string, number | undefined>();
      const earlier: [SharedMap<number | undefined>, Map<string, number | undefined>][] = [];
      for (const { set, drop } of all) {
        const entries = set.flatMap(([named, value]) => named.map((name) => [name, value] as const));
        shared = shared.with(entries).without(drop);
        plain = new Map([...plain, ...entries]);
        for (const name of drop) plain.delete(name);
        earlier.push([shared, plain]);
      }
      for (const [one, other] of earlier) {
        expect([...one]).toEqual([...other]);
        const asked = (map: ReadonlyMap<string, number | undefined>) => [
          map.size,
          [...map.keys()],
          [...map.values()],
          some.map((name) => [map.has(name), map.get(name)]),
        ];
        expect(asked(one)).toEqual(asked(other));
        const told: unknown[] = [];
        one.forEach((value, name) => told.push([name, value]));
        expect(told).toEqual([...other]);
      }
    }),
  );
});

test('few of the changes among many copy them all', () => {
  let shared = new SharedMap(new Map(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index])));
  let copies = 0;
  class Counted<K, V> extends Map<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries);
      if (this.size > 1_000) copies++;
    }
  }
  vi.stubGlobal('Map', Counted);
  onTestFinished(() => void vi.unstubAllGlobals());
  for (let index = 0; index < 200; index++) shared = shared.with([[`n${index}`, index]]).without([`p${index}`]);
  expect(shared.size).toBe(10_000);
  // 400 changes, and a copy when there are more than 100.
  expect(copies).toBe(3);
});
