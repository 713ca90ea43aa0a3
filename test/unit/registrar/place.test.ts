import { describe, expect, test } from 'vitest';
import { isLoopback, needsHostAddress, placeOf } from '../../../src/registrar/place.ts';
import { container, plan, port } from './given.ts';

const published = (...addresses: readonly string[]) => ({
  number: 80,
  protocol: 'tcp',
  bindings: addresses.map((address, at) => ({ address, port: 32768 + at })),
});

describe('a published port', () => {
  test('is reached at the address that is given for the host', () => {
    expect(placeOf(container(), port(80, 32768), plan(), undefined)).toEqual({
      kind: 'at',
      address: '10.0.0.5',
      port: 32768,
    });
  });

  test.each(['', '0.0.0.0', '::'])('on all addresses (%j) is reached at that of the agent', (address) => {
    const place = placeOf(container(), published(address), plan({ ip: undefined }), '10.0.0.9');
    expect(place).toMatchObject({ kind: 'at', address: '10.0.0.9' });
  });

  test('on one address alone is reached there', () => {
    const place = placeOf(container(), published('10.1.1.1'), plan({ ip: undefined }), '10.0.0.9');
    expect(place).toMatchObject({ kind: 'at', address: '10.1.1.1' });
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1'])(
    'on %s alone is refused, even where an address is given',
    (address) => {
      expect(placeOf(container(), published(address), plan(), undefined)).toEqual({
        kind: 'refused',
        reason: `it is published on ${address}, which no other host reaches; publish it on an address of this host's`,
      });
    },
  );

  test('on 127.0.0.1 and on another address is reached at the other', () => {
    const place = placeOf(
      container(),
      published('127.0.0.1', '10.1.1.1'),
      plan({ ip: undefined }),
      undefined,
    );
    expect(place).toEqual({ kind: 'at', address: '10.1.1.1', port: 32769 });
  });

  test("is refused at the agent's own address where that is a loopback address, with the way out", () => {
    expect(placeOf(container(), port(80, 32768), plan({ ip: undefined }), '127.0.0.1')).toEqual({
      kind: 'refused',
      reason:
        "the Consul agent's own address is 127.0.0.1, which no other host reaches; give this host's with --ip",
    });
  });

  test('that is only exposed is not to be reached', () => {
    expect(placeOf(container(), port(80), plan(), undefined)).toEqual({ kind: 'unpublished' });
  });
});

describe('with --internal an exposed port', () => {
  const networks = [
    { name: 'app', address: '172.20.0.2' },
    { name: 'bridge', address: '172.17.0.2' },
  ];

  test.each([
    [undefined, '172.20.0.2'],
    ['bridge', '172.17.0.2'],
  ])("is reached at the container's address in the network %j", (network, address) => {
    const place = placeOf(container({ networks }), port(80), plan({ internal: true, network }), undefined);
    expect(place).toEqual({ kind: 'at', address, port: 80 });
  });

  test('is refused where the container is not in the network', () => {
    const place = placeOf(
      container({ networks }),
      port(80),
      plan({ internal: true, network: 'db' }),
      undefined,
    );
    expect(place).toEqual({ kind: 'refused', reason: 'it is not on the network db' });
  });

  test("is reached at the host's address where the container has the host's network", () => {
    const onHost = container({ networks: [], hostNetwork: true });
    const place = placeOf(onHost, port(80, 80), plan({ internal: true }), undefined);
    expect(place).toEqual({ kind: 'at', address: '10.0.0.5', port: 80 });
  });
});

test.each([
  ['a port on all addresses', {}, { ip: undefined }, true],
  ['a given address', {}, {}, false],
  ['--internal', {}, { ip: undefined, internal: true }, false],
  ["--internal with the host's network", { hostNetwork: true }, { ip: undefined, internal: true }, true],
  ['ports that have addresses of their own', { ports: [published('10.1.1.1')] }, { ip: undefined }, false],
])("the agent is asked for the host's address or not, with %s", (_, some, options, asked) => {
  expect(needsHostAddress([container(some)], plan(options))).toBe(asked);
});

test.each([
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['10.127.0.1', false],
  ['', false],
])('whether %j is a loopback address: %j', (address, is) => {
  expect(isLoopback(address)).toBe(is);
});
