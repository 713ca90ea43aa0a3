import { expect, test } from 'vitest';
import { duration } from '../../../src/config/duration.ts';

function said(input: unknown, limits = {}): string | undefined {
  return duration(limits).safeParse(input).error?.issues[0]?.message;
}

test.each([
  ['100ms', 100],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0s', 0],
])('%s are %d ms', (text, ms) => {
  expect(duration().parse(text)).toBe(ms);
});

test.each([5, '5', 0])('%j is refused, and told how it is written with a unit', (input) => {
  expect(said(input)).toBe(`a time without a unit; write ${input}s, or ${input}ms`);
});

test.each(['', 'soon', '5 s', '-5s', '1h30m', '5d', 's', true, null])('%j is no time', (input) => {
  expect(said(input)).toBe('not a time; write a number and its unit, such as 100ms, 5s, 5m or 1h');
});

test('limits are told in the largest unit that fits', () => {
  expect(said('1ms', { least: 1_000 })).toBe('too short; at least 1s');
  expect(said('11m', { most: 600_000 })).toBe('too long; at most 10m');
});

test("a time past what Node's timers can count is refused", () => {
  expect(said('577h')).toBe('too long; at most 576h');
});
