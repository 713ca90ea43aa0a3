import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peersFile, peersProblem, withHead } from '../../../src/pipeline/peers.ts';
import type { Upstream, View } from '../../../src/pipeline/view.ts';
import { server, upstream, view } from './given.ts';

const unavailable = '127.9.9.10:20000';
const whole = (given: View) =>
  withHead(peersFile(given, unavailable), '0123456789abcdef', 'fedcba9876543210');

test('each server is a line with its weight, its limits and its state, under the name of its upstream', () => {
  const web1 = upstream([server(1, { weight: 4 }), server(2, { weight: 6, state: 'down' })], {
    maxFails: 3,
    failTimeout: 5,
  });
  const web2 = upstream([server(3, { host: '[fd00::1]' })], { name: 'web2' });
  expect(whole(view(web1, web2))).toBe(`upsync-peers 1 0123456789abcdef fedcba9876543210
upstream web1
10.0.0.1:80 2 3 5 up
10.0.0.2:80 3 3 5 down
upstream web2
[fd00::1]:80 1 1 10 up
end 3
`);
});

test('an upstream that is down has the address that answers 503, which is never put aside', () => {
  expect(peersFile(view(upstream([])), unavailable).contents).toBe(`upstream web1
127.9.9.10:20000 1 0 10 up
end 1
`);
});

const anyServer = fc.record({
  host: fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
  ),
  port: fc.integer({ min: 1, max: 65_535 }),
  weight: fc.integer({ min: 1, max: 65_535 }),
  state: fc.constantFrom('up' as const, 'down' as const),
});
const anyUpstream: fc.Arbitrary<Upstream> = fc
  .record({
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/),
    servers: fc.uniqueArray(anyServer, { selector: ({ host, port }) => `${host}:${port}`, maxLength: 8 }),
    maxFails: fc.nat(100_000),
    failTimeout: fc.integer({ min: 1, max: 100_000 }),
  })
  .map(({ servers, ...given }) =>
    upstream(
      servers.map((one) => server(1, one)),
      given,
    ),
  );
const anyView = fc
  .uniqueArray(anyUpstream, { selector: ({ name }) => name, maxLength: 5 })
  .map((upstreams) => view(...upstreams));

test('whatever is written is taken by the rules of the reader', () => {
  fc.assert(fc.property(anyView, (given) => peersProblem(whole(given)) === undefined));
});

test('a file that was cut off anywhere is refused', () => {
  fc.assert(
    fc.property(anyView, fc.nat(), (given, at) => {
      const text = whole(given);
      return peersProblem(text.slice(0, at % text.length)) !== undefined;
    }),
  );
});

const damages: Readonly<Record<string, readonly [from: string | RegExp, to: string, what: string]>> = {
  'another format': ['peers 1', 'peers 2', 'it does not begin as a peers file'],
  'a host name': ['10.0.0.1', 'localhost', 'it is no server'],
  'a port past the last': [':80', ':65536', 'it is no server'],
  'a weight of nothing': [':80 1', ':80 0', 'it is no server'],
  'another state': [/up\nend/, 'upright\nend', 'it is no server'],
  'a server twice': [/(.*up\n)end 1/, '$1$1end 2', 'this server is there twice'],
  'an upstream twice': [/(upstream.*\n.*\n)end 1/, '$1$1end 2', 'upstream web1 is there twice'],
  'an upstream without a server': ['end 1', 'upstream web2\nend 1', 'the last upstream has no server'],
  'too few servers': ['end 1', 'end 2', 'it ends in end 2 after 1 servers'],
};

test.each(Object.entries(damages))('%s is refused', (_, [from, to, what]) => {
  expect(peersProblem(whole(view(upstream([server(1)]))).replace(from, to))).toMatchObject({ what });
});
