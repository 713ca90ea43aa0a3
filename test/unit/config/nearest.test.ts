import { expect, test } from 'vitest';
import { nearest } from '../../../src/config/nearest.ts';

test.each([
  ['on_emtpy', 'on_empty'],
  ['keepfor', 'keep_for'],
  ['Balance', 'balance'],
  ['zone', 'zone'],
])('%s stands for %s', (word, meant) => {
  expect(nearest(word, ['balance', 'on_empty', 'keep_for', 'keepalive', 'zone'])).toBe(meant);
});

test('a word like none of them stands for none', () => {
  expect(nearest('timeout', ['balance', 'zone'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
