import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binary, type Consul, startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';
import { follow, web } from '../support/consul-follow.ts';

const run = promisify(execFile);

let consul: Consul;
let folder: string;
let url: string;

/** Consul's own tool makes the authority and the certificates; clients must show one too. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsync-tls-'));
  for (const what of [
    ['ca', 'create'],
    ['cert', 'create', '-server'],
    ['cert', 'create', '-client'],
  ]) {
    await run(binary(), ['tls', ...what], { cwd: folder });
  }
  const [https = 0] = await freePorts('127.0.0.1', 1);
  url = `https://127.0.0.1:${https}`;
  consul = await startConsul({
    hcl: `
      ports { https = ${https} }
      addresses { https = "127.0.0.1" }
      ca_file = "${file('consul-agent-ca.pem')}"
      cert_file = "${file('dc1-server-consul-0.pem')}"
      key_file = "${file('dc1-server-consul-0-key.pem')}"
      verify_incoming_https = true
    `,
  });
});
afterAll(async () => {
  await consul?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);

function tls() {
  return {
    ca: file('consul-agent-ca.pem'),
    cert: file('dc1-client-consul-0.pem'),
    key: file('dc1-client-consul-0-key.pem'),
    serverName: 'server.dc1.consul',
    verify: true,
  };
}

test('answers come over TLS, with a certificate on both sides', async () => {
  using followed = follow(url, [web('web1')], { tls: tls() });
  expect(await followed.next('answered')).toMatchObject({ instances: 0 });
});

test.each([
  ['an unknown authority', { ca: '' }, /^TLS failed: .*certificate/],
  ['another server name', { serverName: 'elsewhere.dc1.consul' }, /^TLS failed: .*does not match.*ALTNAME/],
])('%s is refused, and named', async (_, change, words) => {
  using followed = follow(url, [web('web1')], { tls: { ...tls(), ...change } });
  const { problem } = await followed.next('queryFailed');
  expect(problem).toMatchObject({ what: expect.stringMatching(words), remedy: 'check consul.tls' });
});

test('a certificate that is missing is refused by Consul', async () => {
  using followed = follow(url, [web('web1')], { tls: { ...tls(), cert: '', key: '' } });
  const { problem } = await followed.next('queryFailed');
  expect(problem).toMatchObject({ what: expect.stringMatching(/^TLS failed/) });
});

test('a certificate file that cannot be read is named at the start', () => {
  const missing = { ...tls(), ca: file('missing.pem') };
  expect(() => follow(url, [], { tls: missing })).toThrow(`${file('missing.pem')}: ENOENT`);
});
