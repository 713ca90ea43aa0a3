import { describe, expect, test } from 'vitest';
import { checkFor, describeCheck, reportOf } from '../../../src/registrar/check.ts';
import { settingsFor } from '../../../src/registrar/settings.ts';
import { container, plan } from './given.ts';

type Given = Readonly<Record<string, string>>;

const place = { address: '10.0.0.5', port: 32768 };
const healthy = { status: 'healthy', output: '' } as const;

function check(given: Given, more: Parameters<typeof container>[0] = {}, options = {}, at = place) {
  const settings = settingsFor(
    80,
    Object.entries(given).map(([key, value]) => [`SERVICE_CHECK_${key}`, value]),
  );
  return checkFor(settings, at, container(more), plan(options));
}

describe('a check', () => {
  test.each<[Given, string]>([
    [{ HTTP: '/healthz' }, 'GET http://10.0.0.5:32768/healthz, every 10s'],
    [{ HTTP: 'healthz' }, 'GET http://10.0.0.5:32768/healthz, every 10s'],
    [{ HTTP: '/', HTTP_METHOD: 'HEAD' }, 'HEAD http://10.0.0.5:32768/, every 10s'],
    [{ HTTPS: '/' }, 'GET https://10.0.0.5:32768/, every 10s'],
    [{ HTTPS: '/', HTTP_METHOD: 'HEAD' }, 'HEAD https://10.0.0.5:32768/, every 10s'],
    [{ HTTPS: '/', HTTPS_METHOD: 'PUT', HTTP_METHOD: 'HEAD' }, 'PUT https://10.0.0.5:32768/, every 10s'],
    [
      { HTTPS: '/', TLS_SKIP_VERIFY: 'true' },
      'GET https://10.0.0.5:32768/, every 10s, certificate not verified',
    ],
    [{ TTL: '30s' }, 'kept fresh by the application, TTL 30s'],
    [{ TCP: 'true' }, 'TCP 10.0.0.5:32768, every 10s'],
    [{ GRPC: 'true', GRPC_USE_TLS: 'true' }, 'gRPC 10.0.0.5:32768 over TLS, every 10s'],
    [
      { TCP: 'true', INTERVAL: '2s', TIMEOUT: '1s', INITIAL_STATUS: 'passing', DEREGISTER_AFTER: '10m' },
      'TCP 10.0.0.5:32768, every 2s, timeout 1s, passing at first, deregistered after 10m',
    ],
    // The first of them counts.
    [{ GRPC: '1', TCP: '1', TTL: '30s', HTTPS: '/s', HTTP: '/' }, 'GET http://10.0.0.5:32768/, every 10s'],
    [{ GRPC: '1', TCP: '1', TTL: '30s', HTTPS: '/s' }, 'GET https://10.0.0.5:32768/s, every 10s'],
    [{ GRPC: '1', TCP: '1', TTL: '30s' }, 'kept fresh by the application, TTL 30s'],
    [{ GRPC: '1', TCP: '1' }, 'TCP 10.0.0.5:32768, every 10s'],
  ])('by %j is %s', (given, words) => {
    const made = check(given);
    expect(made && describeCheck(made)).toBe(words);
  });

  test('of an IPv6 address has it in brackets', () => {
    expect(check({ HTTP: '/' }, {}, {}, { address: 'fd00::5', port: 80 })).toMatchObject({
      url: 'http://[fd00::5]:80/',
    });
  });

  test('is none where none is asked for', () => {
    expect(check({})).toBeUndefined();
    expect(check({ TCP: 'false' })).toBeUndefined();
  });
});

describe('a HEALTHCHECK', () => {
  test('becomes a check that is kept fresh, for 30 s or as --ttl says', () => {
    expect(check({}, { health: healthy })).toMatchObject({ kind: 'kept', ttl: 30_000 });
    expect(check({}, { health: healthy }, { ttl: 6_000 })).toMatchObject({ kind: 'kept', ttl: 6_000 });
    expect(check({ DEREGISTER_AFTER: '5m' }, { health: healthy })).toMatchObject({ deregisterAfter: '5m' });
  });

  test('gives way to what the container asks of Consul', () => {
    expect(check({ TCP: 'true' }, { health: healthy })).toMatchObject({ kind: 'tcp' });
  });

  test.each([
    ['healthy', 'passing'],
    ['starting', 'critical'],
    ['unhealthy', 'critical'],
  ] as const)('that says %s is %s', (status, state) => {
    expect(reportOf(container({ health: { status, output: 'said so' } }))).toEqual({
      status: state,
      output: `${status}: said so`,
    });
  });
});

test('with --ttl, what has no check gets a sign of life', () => {
  expect(check({}, {}, { ttl: 6_000 })).toEqual({
    kind: 'kept',
    ttl: 6_000,
    report: { status: 'passing', output: 'running' },
  });
});
