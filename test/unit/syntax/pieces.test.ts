import { expect, test } from 'vitest';
import { pieces } from '../../../src/syntax/pieces.ts';

test('a quote that never closes is told at once, however much stands behind it', () => {
  expect([...pieces(`a "${'b '.repeat(10_000)}`)].at(-1)).toMatchObject({ kind: 'broken' });
  expect([...pieces(`a '${'b '.repeat(10_000)}`)].at(-1)).toMatchObject({ kind: 'broken' });
});
