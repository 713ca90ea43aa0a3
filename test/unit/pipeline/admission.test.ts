import { describe, expect, test } from 'vitest';
import { isHostName, type MetaType, parseMeta } from '../../../src/pipeline/admission.ts';

describe('a value of meta', () => {
  test.each<[MetaType, string, string | number | boolean]>([
    ['word', 'v2.1-rc_1', 'v2.1-rc_1'],
    ['integer', '42', 42],
    ['integer', '-7', -7],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['host', 'api.example.org', 'api.example.org'],
    ['path', '/api/v1/', '/api/v1/'],
  ])('of type %s may be %j', (type, text, value) => {
    expect(parseMeta({ key: text }, new Map([['key', type]]))).toEqual({ key: value });
  });

  test.each<[MetaType, string]>([
    ['word', ''],
    ['word', 'a b'],
    ['word', '$host'],
    ['word', 'a;b'],
    ['word', 'a\nb'],
    ['word', '-a'],
    ['integer', '1e3'],
    ['integer', '0x10'],
    ['integer', '9'.repeat(30)],
    ['integer', ' 1'],
    ['boolean', 'yes'],
    ['host', 'a..b'],
    ['host', '127.1'],
    ['path', 'api'],
    ['path', '/../etc'],
    ['path', '/a b'],
    ['path', '/{a}'],
  ])('of type %s may not be %j', (type, text) => {
    expect(parseMeta({ key: text }, new Map([['key', type]]))).toEqual({
      refusal: expect.stringContaining(`is no ${type}`),
    });
  });

  test('that the configuration does not name is not seen, and one that is missing is no fault', () => {
    expect(parseMeta({ other: '"; }' }, new Map([['key', 'word']]))).toEqual({});
  });
});

test.each(['a', 'a.b', 'example.org', 'x-1.y', '1a', 'web1.service.consul'])('%j is a host name', (text) => {
  expect(isHostName(text)).toBe(true);
});

test.each([
  '',
  '.',
  'a.',
  '-a',
  'a-',
  'a_b',
  'a b',
  'a;b',
  '1.2.3.4',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0x7f000001',
  'a.0x',
  'unix:/tmp/x',
  'a:80',
  'é.org',
  'a'.repeat(64),
  `${'a.'.repeat(127)}ab`,
])('%j is none', (text) => {
  expect(isHostName(text)).toBe(false);
});
