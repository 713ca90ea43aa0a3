import { expect, test } from 'vitest';
import { hostCheck } from '../../../src/status/hosts.ts';

const mayAsk = hostCheck(['gateway.example.com', 'upsync']);

test.each([
  'localhost',
  'localhost:9465',
  'LOCALHOST.:9465',
  'upsync.localhost',
  '127.0.0.1:9465',
  '10.1.2.3',
  '[::1]:9465',
  '[2001:db8::1]',
  'Gateway.example.com:9465',
  'upsync:80',
])('may be asked as %s', (host) => {
  expect(mayAsk(host)).toBe(true);
});

test.each([
  undefined,
  '',
  'evil.example',
  'evil.example:9465',
  'example.com',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evillocalhost',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '::1',
  '[::1',
  '[localhost]',
  'localhost:9465:1',
  'localhost@evil.example',
  'localhost/evil.example',
  'upsync evil',
])('may not be asked as %j', (host) => {
  expect(mayAsk(host)).toBe(false);
});
