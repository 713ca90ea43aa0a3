import { describe, expect, test } from 'vitest';
import { addressRules, isLoopback } from '../../../src/pipeline/address-rules.ts';

const { refusal } = addressRules([], []);

describe('without rules of one’s own', () => {
  test.each([
    '10.0.0.1',
    '127.0.0.1',
    '192.0.2.1',
    '8.8.8.8',
    '::1',
    '2001:db8::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('%s is taken', (address) => {
    expect(refusal(address)).toBeUndefined();
  });

  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['169.254.169.254', 'link-local'],
    ['169.254.170.2', 'link-local'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['2002:a9fe:a9fe::1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fd00:ec2::254', 'cloud metadata'],
    ['100.100.100.200', 'cloud metadata'],
    ['168.63.129.16', 'cloud metadata'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'broadcast'],
  ])('%s is not: it is %s', (address, what) => {
    expect(refusal(address)).toContain(what);
  });
});

test('what is denied is refused, be it allowed too', () => {
  const rules = addressRules(['10.0.0.0/8'], ['10.1.0.0/16', '10.2.3.4']);
  expect(rules.refusal('10.0.0.1')).toBeUndefined();
  expect(rules.refusal('10.1.0.1')).toBe('addresses.deny names it');
  expect(rules.refusal('10.2.3.4')).toBe('addresses.deny names it');
  expect(rules.refusal('::ffff:10.1.0.1')).toBe('addresses.deny names it');
});

test('with a list of what is allowed, nothing else is taken', () => {
  const rules = addressRules(['10.0.0.0/8', 'fd00::/8'], []);
  expect(rules.refusal('192.0.2.1')).toBe('addresses.allow does not name it');
  expect(rules.refusal('2001:db8::1')).toBe('addresses.allow does not name it');
  expect(rules.refusal('fd12::1')).toBeUndefined();
});

test('special addresses are taken where the list names them', () => {
  const rules = addressRules(['169.254.0.0/16', 'fe80::/10'], []);
  expect(rules.refusal('169.254.1.1')).toBeUndefined();
  expect(rules.refusal('fe80::1')).toBeUndefined();
});

test.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['node1', false],
  ['', false],
])('%j is loopback: %s', (address, is) => {
  expect(isLoopback(address)).toBe(is);
});
