import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ncolony } from './command.js';

const committed = (file: string) => readFileSync(`visualize/diagrams/${file}`, 'utf8');

describe('ncolony diagram', () => {
  test.each(['program', 'supervisor', 'ward'])('prints the %s as it is committed', async (name) => {
    expect(await ncolony(['diagram', name])).toEqual({ code: 0, stderr: '', stdout: committed(`${name}.mmd`) });
    const svg = await ncolony(['diagram', name, '--format', 'svg']);
    expect(svg).toEqual({ code: 0, stderr: '', stdout: committed(`${name}.svg`) });
  });

  test('prints a program where nothing is said, and as JSON what the machine is', async () => {
    expect((await ncolony(['diagram'])).stdout).toBe(committed('program.mmd'));
    const { stdout } = await ncolony(['diagram', 'program', '--format', 'json']);
    const { states } = JSON.parse(stdout) as { states: Record<string, unknown> };
    expect(Object.keys(states)).toEqual(['stopped', 'starting', 'running', 'backing-off', 'killing']);
  });

  test.each([
    [['diagram', 'nobody'], 'ncolony: expected one of program, supervisor, ward, not "nobody"\n'],
    [['diagram', 'constructor'], 'ncolony: expected one of program, supervisor, ward, not "constructor"\n'],
    [['diagram', '--format', 'gif'], 'ncolony: --format: expected one of mermaid, svg, json\n'],
  ])('refuses %j', async (words, stderr) => {
    expect(await ncolony(words)).toEqual({ code: 2, stdout: '', stderr });
  });
});
