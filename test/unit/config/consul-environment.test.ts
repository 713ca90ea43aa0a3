import { describe, expect, test } from 'vitest';
import { consulEnvironment } from '../../../src/config/consul-environment.ts';

function values(env: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(consulEnvironment(env).map(({ key, value }) => [key, value]));
}

describe('the address', () => {
  test.each([
    [{ CONSUL_HTTP_ADDR: 'consul:8500' }, 'http://consul:8500'],
    [{ CONSUL_HTTP_ADDR: 'https://consul' }, 'https://consul'],
    [{ CONSUL_HTTP_ADDR: 'consul:8501', CONSUL_HTTP_SSL: 'true' }, 'https://consul:8501'],
    [{ CONSUL_HTTP_ADDR: 'http://consul:8501', CONSUL_HTTP_SSL: '1' }, 'https://consul:8501'],
    [{ CONSUL_HTTP_ADDR: 'consul:8500', CONSUL_HTTP_SSL: 'false' }, 'http://consul:8500'],
    [{ CONSUL_HTTP_SSL: 'true' }, 'https://127.0.0.1:8500'],
    [{ CONSUL_HTTP_ADDR: 'unix:///run/consul.sock' }, 'unix:///run/consul.sock'],
  ])('of %j is %s', (env, address) => {
    expect(values(env)).toEqual({ 'consul.address': address });
  });
});

test('certificates, their check and the file of the token are read', () => {
  expect(
    values({
      CONSUL_CACERT: '/ca.pem',
      CONSUL_CLIENT_CERT: '/cert.pem',
      CONSUL_CLIENT_KEY: '/key.pem',
      CONSUL_TLS_SERVER_NAME: 'server.dc1.consul',
      CONSUL_HTTP_SSL_VERIFY: 'f',
      CONSUL_HTTP_TOKEN_FILE: '/token',
    }),
  ).toEqual({
    'consul.tls.ca_file': '/ca.pem',
    'consul.tls.cert_file': '/cert.pem',
    'consul.tls.key_file': '/key.pem',
    'consul.tls.server_name': 'server.dc1.consul',
    'consul.tls.verify': false,
    'consul.token_file': '/token',
  });
});

test('the token is no setting, and what is not set says nothing', () => {
  expect(values({ CONSUL_HTTP_TOKEN: 'secret', CONSUL_HTTP_ADDR: '', CONSUL_DATACENTER: 'dc2' })).toEqual({});
});
