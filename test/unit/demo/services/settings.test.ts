import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { readSettings } from '../../../../demo/services/settings.ts';

test('without a word it is web1 on its port, untraced, with nothing to read or call, and empty is not set', () => {
  const nothing = {
    service: 'service_web1',
    address: '0.0.0.0',
    port: 30_002,
    node: hostname(),
    tracedAs: `server_${hostname()}`,
    collector: undefined,
    mysql: undefined,
    redis: undefined,
    web2: undefined,
    drain: 5_000,
  };
  expect(readSettings({})).toEqual(nothing);
  // As Compose passes on a variable of .env that is not there.
  const empty = { SW_OAP_ADDRESS: '', HOST_IP: ' ', PORT: '', MYSQL_URL: '', DRAIN_SECONDS: '' };
  expect(readSettings(empty)).toEqual(nothing);
});

test('web2 has a port of its own, and HOST_IP names the node and the instance in SkyWalking', () => {
  const web2 = { SERVICE_NAME: 'service_web2', HOST_IP: '10.0.0.2' };
  const expected = { service: 'service_web2', port: 30_003, node: '10.0.0.2', tracedAs: 'server_10.0.0.2' };
  expect(readSettings(web2)).toMatchObject(expected);
  expect(readSettings({ ...web2, NODE_NAME: 'node2' })).toMatchObject({ ...expected, node: 'node2' });
});

test.each([
  [{ PORT: '70000' }, 'PORT must be from 1 to 65535, and not 70000'],
  [{ SERVICE_NAME: 'service_web3' }, 'PORT must be from 1 to 65535, and not left out'],
  [{ DRAIN_SECONDS: '5s' }, 'DRAIN_SECONDS must be from 0 to 3600, and not 5s'],
  [
    { SW_OAP_ADDRESS: 'http://oap:12800' },
    "SW_OAP_ADDRESS must be HOST:PORT of the collector's gRPC, as in oap:11800, and not http://oap:12800",
  ],
  [{ MYSQL_URL: 'http://u:secret@mysql' }, 'MYSQL_URL must be a URL that begins with mysql://'],
  [{ REDIS_URL: 'redis:6379:secret' }, 'REDIS_URL must be a URL that begins with redis:// or rediss://'],
  [{ WEB2_URL: 'gateway/web2' }, 'WEB2_URL must be a URL that begins with http:// or https://'],
])('%j is refused, and no password shown', (env, message) => {
  expect(() => readSettings(env)).toThrow(new Error(message));
});
