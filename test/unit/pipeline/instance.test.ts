import { describe, expect, test } from 'vitest';
import { addressRules } from '../../../src/pipeline/address-rules.ts';
import { admit } from '../../../src/pipeline/instance.ts';
import type { HostAnswer, Registration, Snapshot } from '../../../src/pipeline/snapshot.ts';
import { admission, registration } from './given.ts';

const none: Snapshot = new Map();

function resolved(name: string, ...value: readonly string[]): Snapshot {
  const answer: HostAnswer = { query: { kind: 'host', name }, value, since: 0 };
  return new Map([[`host:${name}`, answer]]);
}

const see = (given: Partial<Registration>, ...more: Parameters<typeof admission>) =>
  admit(registration(given), admission(...more), none);

describe('a host name', () => {
  const named = registration({ address: 'db.example.org' });
  const open = admission({ hostnames: true });

  test('is left out unless the configuration takes them', () => {
    expect(admit(named, admission(), none)).toEqual({
      instances: [],
      refusal: '"db.example.org" is a host name, and addresses.hostnames is off',
    });
  });

  test('is looked up', () => {
    expect(admit(named, open, none)).toEqual({
      instances: [],
      lookUp: { kind: 'host', name: 'db.example.org' },
      isPending: true,
    });
  });

  test('stands for every address that it leads to', () => {
    const { instances } = admit(named, open, resolved('db.example.org', '10.0.0.7', 'fd00::7'));
    expect(instances.map(({ host, key }) => `${host} ${key}`)).toEqual([
      '10.0.0.7 dc1/n1/web1',
      '[fd00::7] dc1/n1/web1',
    ]);
  });

  test('that leads nowhere is left out', () => {
    expect(admit(named, open, resolved('db.example.org'))).toMatchObject({
      instances: [],
      refusal: '"db.example.org" does not resolve',
    });
  });

  test('that leads where no instance may be is judged as any address', () => {
    const seen = admit(named, open, resolved('db.example.org', '10.0.0.7', '169.254.169.254'));
    expect(seen.instances.map(({ host }) => host)).toEqual(['10.0.0.7']);
    expect(seen.refusal).toContain('169.254.169.254 is not taken: it is link-local');
  });
});

describe('a loopback address', () => {
  const loopback = { address: '127.0.0.1' };

  test('is taken with a warning where the instance is on another host', () => {
    const seen = see({ ...loopback, nodeAddress: '10.0.0.9', node: 'far' });
    expect(seen.instances).toHaveLength(1);
    expect(seen.doubt).toBe(
      '"127.0.0.1" leads to the gateway\'s own host, and the instance is on "far" (10.0.0.9)',
    );
  });

  test('is taken without one where it is on this host', () => {
    const here = { here: new Set(['10.0.0.9']) };
    expect(see({ ...loopback, nodeAddress: '10.0.0.9' }, here).doubt).toBeUndefined();
    expect(see({ ...loopback, nodeAddress: '127.0.0.1' }).doubt).toBeUndefined();
  });
});

test('only the tags and keys that the configuration exposes are seen', () => {
  const exposed = { tags: new Set(['v2']), meta: new Map([['shard', 'integer' as const]]) };
  const [instance] = see({ tags: ['v2', '"; }'], meta: { shard: '3', note: '$x' } }, exposed).instances;
  expect(instance).toMatchObject({ tags: ['v2'], meta: { shard: 3 } });
});

test('an instance whose meta is not what it must be is left out', () => {
  const exposed = { meta: new Map([['shard', 'integer' as const]]) };
  expect(see({ meta: { shard: '3; }' } }, exposed)).toEqual({
    instances: [],
    refusal: 'meta shard "3; }" is no integer',
  });
});

test('rules for addresses hold', () => {
  expect(see({}, { addresses: addressRules([], ['10.0.0.0/8']) })).toMatchObject({
    instances: [],
    refusal: '10.0.0.1 is not taken: addresses.deny names it',
  });
});

test.each([
  [Number.POSITIVE_INFINITY, 0],
  [Number.NaN, 0],
  [1e300, 65_535],
  [-5, 0],
  [2.9, 2],
])('a weight of %d counts as %d', (passing, weight) => {
  expect(see({ weights: { passing, warning: 1 } }).instances[0]?.weight).toBe(weight);
});
