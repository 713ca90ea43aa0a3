import { expect, test } from 'vitest';
import { readHeaders } from '../../../src/consul/headers.ts';

const GOOD = { 'x-consul-index': '42', 'x-consul-knownleader': 'true', 'x-consul-lastcontact': '5' };

test('reads the index and whether something was hidden', () => {
  expect(readHeaders(GOOD, 10)).toEqual({ index: 42n, filtered: false });
  expect(readHeaders({ ...GOOD, 'x-consul-results-filtered-by-acls': 'true' }, 10).filtered).toBe(true);
});

test('keeps an index that no JavaScript number holds', () => {
  expect(readHeaders({ ...GOOD, 'x-consul-index': '18446744073709551615' }, 10).index).toBe(2n ** 64n - 1n);
});

test('takes index 0 for 1', () => {
  expect(readHeaders({ ...GOOD, 'x-consul-index': '0' }, 10).index).toBe(1n);
});

test.each([undefined, '', '-1', '1.5', '0x10', 'abc', '9'.repeat(30)])('refuses the index %j', (index) => {
  expect(() => readHeaders({ ...GOOD, 'x-consul-index': index }, 10)).toThrow('no X-Consul-Index');
});

test('refuses an answer without a leader', () => {
  expect(() => readHeaders({ ...GOOD, 'x-consul-knownleader': 'false' }, 10)).toThrow('has no leader');
});

test.each(['11', 'soon'])('refuses a last contact of %s ms where 10 are allowed', (lastContact) => {
  expect(() => readHeaders({ ...GOOD, 'x-consul-lastcontact': lastContact }, 10)).toThrow(
    'last heard from the leader',
  );
});

test('does without the headers that a leader may leave out', () => {
  expect(readHeaders({ 'x-consul-index': '42' }, 10).index).toBe(42n);
});
