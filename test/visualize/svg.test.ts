import { readFileSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { programMachine, supervisorMachine, wardMachine } from '../../machines/index.js';
import { toSvg } from '../../visualize/svg.js';
import { waysBetween } from '../../visualize/ways.js';

const committed = (id: string) => readFileSync(new URL(`../../visualize/diagrams/${id}.svg`, import.meta.url), 'utf8');

describe.each([programMachine, supervisorMachine, wardMachine])(
  'the drawing of the $id',
  (machine: AnyStateMachine) => {
    test('is the one that is committed', async () => {
      expect(await toSvg(machine), 'npm run diagrams').toBe(committed(machine.id));
    });

    test('shows every state, what it means, and every way out of it', () => {
      const drawing = committed(machine.id);
      const states = Object.values(machine.root.states);
      for (const source of states) {
        expect(drawing).toContain(`data-state="${source.key}"`);
        for (const word of source.description?.split(' ') ?? []) expect(drawing).toContain(word);
        for (const target of states) {
          const events = waysBetween(source, target).map(({ event }) => event);
          if (source === target || events.length === 0) continue;
          const group = new RegExp(`<g class="label" data-from="${source.key}" data-to="${target.key}".*`).exec(
            drawing,
          );
          for (const event of events) expect(group?.[0]).toContain(event);
          expect(drawing).toContain(`<g class="way" data-from="${source.key}" data-to="${target.key}"><path `);
        }
      }
    });

    test('loads nothing and runs nothing', () => {
      const drawing = committed(machine.id);
      expect(drawing.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
      expect(drawing).not.toMatch(/<script|href|@import|@font-face|\son\w+=/);
    });
  },
);
