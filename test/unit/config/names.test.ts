import { describe, expect, test } from 'vitest';
import { destination, path, serviceName, tag, upstreamName } from '../../../src/config/names.ts';

test.each(['web1', 'a', '1', 'a.b_c-d', 'x'.repeat(63)])('%s may name an upstream', (name) => {
  expect(upstreamName.safeParse(name).success).toBe(true);
});

test.each(['', '-a', '_a', '.a', 'a b', 'a/b', 'a;b', 'ä', 'a\n', 'x'.repeat(64)])(
  '%j may not name an upstream',
  (name) => {
    expect(upstreamName.safeParse(name).success).toBe(false);
  },
);

test('a service may have any name without spaces and control characters', () => {
  expect(serviceName.safeParse('Süd/api:v2').success).toBe(true);
  for (const wrong of ['', 'a b', 'a\tb', 'a\u0000', 'a\u00a0b']) {
    expect(serviceName.safeParse(wrong).success).toBe(false);
  }
});

test('tags and paths may not be empty or hold control characters', () => {
  for (const type of [tag, path]) {
    expect(type.safeParse('a b').success).toBe(true);
    for (const wrong of ['', 'a\nb', 'a\u007f']) expect(type.safeParse(wrong).success).toBe(false);
  }
});

describe('a destination', () => {
  test.each([
    ['gateway.conf', 'http/gateway.conf'],
    ['http/gateway.conf', 'http/gateway.conf'],
    ['stream/redis', 'stream/redis'],
    ['/etc/nginx/conf.d/gateway.conf', '/etc/nginx/conf.d/gateway.conf'],
    ['/srv/a b/.c..d', '/srv/a b/.c..d'],
    ['/etc/nginx/upsync.conf', '/etc/nginx/upsync.conf'],
  ])('%s is %s', (given, full) => {
    expect(destination.parse(given)).toBe(full);
  });

  test.each([
    '',
    '/',
    '/etc/',
    '/etc//a',
    '/etc/./a',
    '/etc/../a',
    '/etc/..',
    '/etc/a\nb',
    '../a',
    'http/../a',
    'mail/a',
    'http/a/b',
    'http/',
    '..',
    '.hidden',
    'a b',
    'a;b',
    'upsync.conf',
    'http/upsync.conf',
    'stream/upsync.conf',
  ])('may not be %j', (given) => {
    expect(destination.safeParse(given).success).toBe(false);
  });
});
