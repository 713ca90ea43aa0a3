import { expect, test } from 'vitest';
import { readFlags } from '../../../bench/flags.ts';

const known = ['lone', 'churn'];

test('scenarios are named, and everything has a default', () => {
  expect(readFlags(['lone'], known)).toEqual({
    ...{ names: ['lone'], runs: 5, quick: false, readme: false, help: false },
  });
  expect(readFlags([], known)).toMatchObject({ names: [], runs: 5 });
  expect(readFlags(['--quick'], known)).toMatchObject({ runs: 1, quick: true });
  expect(readFlags(['--quick', '--runs', '3'], known)).toMatchObject({ runs: 3 });
});

test('what is not known, or no number, is said', () => {
  expect(readFlags(['lonely'], known)).toBe('no such scenario: lonely');
  expect(readFlags(['--runs', 'many'], known)).toBe('--runs many: not a number of runs');
  expect(readFlags(['--runs', '0'], known)).toContain('--runs 0');
  expect(readFlags(['--nonsense'], known)).toContain('--nonsense');
  expect(readFlags(['--readme', 'lone'], known)).toContain('give no scenario');
});
