import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { startTlsConsul, type TlsConsul } from '../support/consul-tls.ts';
import { gateway, tally } from '../support/gateway.ts';
import { launch, outputOf, writeConfig } from '../support/upsync.ts';

/** A path as it stands: Consul decodes nothing in it either. */
const socket = join(tmpdir(), `upsync-100%20-${process.pid}.sock`);
const unix = `unix://${socket}`;
let there: TlsConsul;

beforeAll(async () => {
  there = await startTlsConsul(socket);
});
afterAll(async () => {
  await there?.[Symbol.asyncDispose]();
  await rm(socket, { force: true });
});

interface Way {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The section `consul` of upsync.yaml. */
  readonly file?: string;
}

const ways: readonly (readonly [name: string, way: () => Way])[] = [
  ['a unix socket that a flag names', () => ({ flags: ['--consul', unix] })],
  ['a unix socket that UPSYNC_CONSUL names', () => ({ env: { UPSYNC_CONSUL: unix } })],
  ['a unix socket that the file names', () => ({ file: `{address: "${unix}"}` })],
  ['a unix socket that CONSUL_HTTP_ADDR names', () => ({ env: { CONSUL_HTTP_ADDR: unix } })],
  [
    'TLS that the file describes',
    () => ({
      file: `
  address: ${there.url}
  tls: {ca_file: ${there.ca}, cert_file: ${there.cert}, key_file: ${there.key}, server_name: ${there.serverName}}`,
    }),
  ],
  [
    "TLS that Consul's own variables describe",
    () => ({
      env: {
        CONSUL_HTTP_ADDR: there.url.replace('https://', ''),
        CONSUL_HTTP_SSL: 'true',
        CONSUL_CACERT: there.ca,
        CONSUL_CLIENT_CERT: there.cert,
        CONSUL_CLIENT_KEY: there.key,
        CONSUL_TLS_SERVER_NAME: there.serverName,
      },
    }),
  ],
];

test.each(ways)('Consul is followed over %s', async (_, way) => {
  const { consul } = there;
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const { flags = [], env = {}, file = '{}' } = way();
  const config = await writeConfig(nginx, `upstreams: {web1: {}}\nconsul: ${file}\n`);
  const common = ['--nginx-conf', nginx.conf, '--output', outputOf(nginx), '--log-format', 'json'];
  await using upsync = launch('src/main.ts', [...common, ...config, ...flags], env);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });

  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  for (const { name } of [one, two]) await consul.deregister(`web1-${name}`);
});
