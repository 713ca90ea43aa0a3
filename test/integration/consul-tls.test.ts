import { afterAll, beforeAll, expect, test } from 'vitest';
import { follow, web } from '../support/consul-follow.ts';
import { startTlsConsul, type TlsConsul } from '../support/consul-tls.ts';

let there: TlsConsul;

beforeAll(async () => {
  there = await startTlsConsul();
});
afterAll(() => there[Symbol.asyncDispose]());

function tls() {
  const { ca, cert, key, serverName } = there;
  return { ca, cert, key, serverName, verify: true };
}

test('answers come over TLS, with a certificate on both sides', async () => {
  using followed = follow(there.url, [web('web1')], { tls: tls() });
  expect(await followed.next('answered')).toMatchObject({ instances: 0 });
});

test.each([
  ['an unknown authority', { ca: '' }, /^TLS failed: .*certificate/],
  ['another server name', { serverName: 'elsewhere.dc1.consul' }, /^TLS failed: .*does not match.*ALTNAME/],
])('%s is refused, and named', async (_, change, words) => {
  using followed = follow(there.url, [web('web1')], { tls: { ...tls(), ...change } });
  const { problem } = await followed.next('queryFailed');
  expect(problem).toMatchObject({ what: expect.stringMatching(words), remedy: 'check consul.tls' });
});

test('a certificate that is missing is refused by Consul', async () => {
  using followed = follow(there.url, [web('web1')], { tls: { ...tls(), cert: '', key: '' } });
  const { problem } = await followed.next('queryFailed');
  expect(problem).toMatchObject({ what: expect.stringMatching(/^TLS failed/) });
});

test('a certificate file that cannot be read is named at the start', () => {
  const missing = { ...tls(), ca: `${there.ca}.missing` };
  expect(() => follow(there.url, [], { tls: missing })).toThrow(`${there.ca}.missing: ENOENT`);
});
