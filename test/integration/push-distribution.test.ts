import { expect, test } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { canPush, type Method, type Peer, roundRobin, startPush } from '../support/push.ts';
import { both, releaseByWorker, times } from '../support/push-requests.ts';

const key = { path: (index: number) => `?key=${index}` };
const hash: Method = { directive: 'hash $arg_key;', call: (name) => `hash("${name}", ngx.var.arg_key)` };
const ring: Method = {
  directive: 'hash $arg_key consistent;',
  call: (name) => `consistent_hash("${name}", ngx.var.arg_key)`,
};
const ipHash: Method = { directive: 'ip_hash;', call: (name) => `ip_hash("${name}")` };
const random: Method = { directive: 'random;', call: (name) => `random("${name}")` };

/** Five servers of which one is down and one refuses, with weights. */
async function servers() {
  const backends = await Promise.all(times(3, (index) => startBackend(`b${index}`)));
  const [a = '', b = '', c = ''] = backends.map(({ port }) => `127.0.0.1:${port}`);
  const peers: Peer[] = [
    { address: a, weight: 5 },
    { address: '127.0.0.1:2', weight: 4, maxFails: 3, failTimeout: 60 },
    { address: b },
    { address: '127.0.0.1:3', weight: 3, state: 'down' },
    { address: c, weight: 2 },
  ];
  return {
    peers,
    async [Symbol.asyncDispose]() {
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    },
  };
}

test.skipIf(!canPush).each([
  ['round robin', roundRobin, times(200, () => ({}))],
  ['hash', hash, times(200, (index) => ({ path: key.path(index) }))],
  // One point of 160 more or less moves one key of 160.
  ['consistent hash', ring, times(1000, (index) => ({ path: key.path(index) }))],
  [
    'ip_hash',
    ipHash,
    times(200, (index) => ({
      headers: { 'X-Client': index % 3 === 0 ? `2001:db8::${index}` : `10.${index}.${(index * 7) % 256}.1` },
    })),
  ],
])(
  '%s tries the same servers in the same order as nginx’s own, failures included',
  async (_, method, requests) => {
    await using some = await servers();
    await using gateway = await startPush({ peers: { web: some.peers }, method });
    const { push, native } = await both(gateway, 'web', requests);
    expect(push).toEqual(native);
    // The comparison is of something: several servers, and tries that failed.
    expect(new Set(native).size).toBeGreaterThan(3);
    expect(native.filter((tried) => tried.includes('127.0.0.1:2, '))).toHaveLength(3);
  },
);

test.skipIf(!canPush)('an empty key goes by turns, as with nginx', async () => {
  await using some = await servers();
  for (const method of [hash, ring]) {
    await using gateway = await startPush({ peers: { web: some.peers }, method });
    const { push, native } = await both(
      gateway,
      'web',
      times(30, () => ({})),
    );
    expect(push).toEqual(native);
  }
});

test.skipIf(!canPush)('random shares by weight, and leaves out what is down or put aside', async () => {
  await using some = await servers();
  await using gateway = await startPush({ peers: { web: some.peers }, method: random });
  const { push, native } = await both(
    gateway,
    'web',
    times(600, () => ({})),
  );
  const share = (seen: readonly string[]) =>
    some.peers.map(({ address }) => seen.filter((tried) => tried.endsWith(`${address} 200`)).length);
  const [push5 = 0, ...rest] = share(push);
  expect(share(push)[3]).toBe(0);
  expect(push.filter((tried) => tried.includes('127.0.0.1:2, '))).toHaveLength(3);
  // 5 of 8 are 375 on average, with a standard deviation of 12.
  for (const count of [push5, share(native)[0] ?? 0]) expect(Math.abs(count - 375)).toBeLessThan(72);
  expect(rest[1]).toBeGreaterThan(30);
});

test.skipIf(!canPush)(
  'a consistent hash that came about by changes is the one of a fresh start',
  async () => {
    await using some = await servers();
    const [a, b, third, d, e] = some.peers;
    if (!a || !b || !third || !d || !e) throw new Error('five servers');
    // Of one weight with the last, whose points must not be taken for its own.
    const c = { ...third, weight: 2 };
    await using gateway = await startPush({ peers: { web: [a, c, e] }, method: ring });
    const requests = times(200, (index) => ({ path: key.path(index) }));
    const steps: Peer[][] = [
      [b, c, d],
      [c],
      [{ ...a, weight: 1 }, c, e],
      [e, { ...c, weight: 4 }, a],
      [a, { ...c, state: 'backup' }, e],
      [a, c, e],
    ];
    for (const step of steps) {
      await gateway.publish({ web: step });
      await releaseByWorker(gateway, 1);
      await both(gateway, 'web', requests.slice(0, 3));
    }
    const { push, native } = await both(gateway, 'web', requests);
    expect(push).toEqual(native);
    expect(new Set(native).size).toBe(3);
  },
);
