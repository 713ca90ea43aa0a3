import { describe, expect, test } from 'vitest';
import { balance, count, share, zone } from '../../../src/config/values.ts';

describe('a balancing method', () => {
  test.each([
    'round_robin',
    'least_conn',
    'ip_hash',
    'random',
    'random two',
    'random two least_conn',
    'hash $remote_addr',
    'hash $host$request_uri consistent',
  ])('may be %s', (text) => {
    expect(balance.parse(text)).toBe(text);
  });

  test('is written with single spaces', () => {
    expect(balance.parse(' hash  $uri   consistent ')).toBe('hash $uri consistent');
  });

  test.each([
    'fair',
    'hash',
    'hash a b c',
    'random three',
    'least_conn; server evil',
    'hash a;',
    'hash a{b}',
    'hash "a"',
    "hash 'a'",
    'hash a\\',
    'hash #a',
    'hash a\nconsistent',
    'hash a\u0000',
    '',
  ])('may not be %j', (text) => {
    expect(balance.safeParse(text).success).toBe(false);
  });
});

describe('a share', () => {
  test.each([
    ['50%', 0.5],
    ['12.5%', 0.125],
    ['100%', 1],
    [0.5, 0.5],
    ['0.5', 0.5],
    [1, 1],
  ])('%j is %d', (given, share_) => {
    expect(share.parse(given)).toBe(share_);
  });

  test.each(['101%', 50, '50', -0.1, 'half', '', true])('%j is none', (given) => {
    expect(share.safeParse(given).success).toBe(false);
  });
});

describe('a zone', () => {
  test.each([
    ['auto', 'auto'],
    ['off', 'off'],
    ['128k', 128],
    ['1m', 1_024],
    ['1M', 1_024],
  ])('%s is %s', (text, size) => {
    expect(zone.parse(text)).toBe(size);
  });

  test.each(['31k', '128', 128, 'on', '1g', '-1m', ''])('%j is none', (given) => {
    expect(zone.safeParse(given).success).toBe(false);
  });
});

test('a count is a whole number from its least on', () => {
  expect(count(0).parse(0)).toBe(0);
  for (const wrong of [-1, 1.5, '1', Number.NaN]) expect(count(0).safeParse(wrong).success).toBe(false);
});
