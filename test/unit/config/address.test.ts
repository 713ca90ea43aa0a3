import { expect, test } from 'vitest';
import { consulAddress, hostNames, listenAddress, proofAddress } from '../../../src/config/address.ts';

test.each([
  ['http://127.0.0.1:8500', 'http://127.0.0.1:8500'],
  ['https://consul.example/', 'https://consul.example'],
  ['http://proxy.example/consul/', 'http://proxy.example/consul'],
  ['http://[::1]:8500', 'http://[::1]:8500'],
  ['127.0.0.1:8500', 'http://127.0.0.1:8500'],
  ['localhost:8500', 'http://localhost:8500'],
  ['[::1]:8500', 'http://[::1]:8500'],
  ['unix:///run/consul.sock', 'unix:///run/consul.sock'],
  ['UNIX:///run/my consul/100%#.sock', 'unix:///run/my consul/100%#.sock'],
])('%s is the address of an agent', (given, address) => {
  expect(consulAddress.parse(given)).toBe(address);
});

test.each([
  '',
  'localhost',
  'user:password',
  'token@localhost:8500',
  'unix://',
  'unix:///',
  'unix:/run/consul.sock',
  'unix://consul.sock',
  'unix:///run/consul\n.sock',
  'ftp://a',
  'http://',
  'http://user:password@a',
  'http://token@a',
  'http://a?token=b',
  'http://a#b',
  'http://a b',
  'http://a:99999',
])('%j is none', (given) => {
  expect(consulAddress.safeParse(given).error?.issues).toHaveLength(1);
});

test.each(['auto', 'gateway:9466', '127.0.0.1:1', '[::1]:65535'])(
  '%s is where a proof may be had',
  (given) => {
    expect(proofAddress.parse(given)).toBe(given);
  },
);

test.each(['', 'gateway', ':80', 'a:0', 'a:65536', 'a:b', '::1:80', '[x]:80', 'a b:80', 'http://a:80'])(
  '%j is nowhere',
  (given) => {
    expect(proofAddress.safeParse(given).success).toBe(false);
  },
);

test.each([
  ['127.0.0.1:9465', { host: '127.0.0.1', port: 9465 }],
  ['[::1]:9465', { host: '::1', port: 9465 }],
  ['[::]:80', { host: '::', port: 80 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['off', undefined],
])('%s is where status may be told', (given, place) => {
  expect(listenAddress.parse(given)).toEqual(place);
});

test.each(['', '9465', ':9465', '::1:9465', '[x]:1', 'a:65536', 'a b:1', 'on', true, false, 9465, null])(
  '%j is not',
  (given) => {
    expect(listenAddress.safeParse(given).error?.issues).toHaveLength(1);
  },
);

test('names of hosts stand between commas', () => {
  expect(hostNames.parse('')).toEqual([]);
  expect(hostNames.parse('upsync, gw1.example.com,')).toEqual(['upsync', 'gw1.example.com']);
  expect(hostNames.safeParse('upsync;x').success).toBe(false);
});
