import { afterEach, beforeEach, expect, vi } from 'vitest';

// A warning of Node or of XState is a fault of ours that has not hurt yet.
const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`));

beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(console, 'warn').mockImplementation((...words) => void warnings.push(words.map(String).join(' ')));
});

afterEach(() => {
  vi.restoreAllMocks();
  expect(warnings).toEqual([]);
});
