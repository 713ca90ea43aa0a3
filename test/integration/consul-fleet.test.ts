import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { grant } from '../support/consul-acl.ts';
import { startConsulDouble } from '../support/consul-double.ts';
import { startTlsConsul } from '../support/consul-tls.ts';
import { hog, side, standing, untilStanding } from '../support/fleet.ts';
import { fleetPlan } from '../support/fleet-plan.ts';

let consul: Consul;
const never = new AbortController().signal;

beforeAll(async () => {
  // Sessions that end soon, for those who are not renewed to be seen to end.
  consul = await startConsul({ hcl: 'session_ttl_min = "1s"' });
});
beforeEach(() => untilStanding(consul, (sessions) => sessions.length === 0));
afterAll(() => consul[Symbol.asyncDispose]());

test('places are taken in the order in which gateways came, and whoever waits is rung for when its turn has come', async () => {
  const plan = fleetPlan({ reloads: 2 });
  await using one = side(consul.url, plan);
  await using two = side(consul.url, plan);
  await using three = side(consul.url, plan);
  await using four = side(consul.url, plan);
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  expect(await two.fleet.take(never)).toEqual({ kind: 'granted', place: 2 });
  const who = expect.stringMatching(/^[\w.-]+\/\d+$/);
  expect(await three.fleet.take(never)).toEqual({ kind: 'busy', holders: [who, who], before: 0 });
  expect(await four.fleet.take(never)).toEqual({ kind: 'busy', holders: [who, who], before: 1 });

  two.fleet.give();
  await three.untilRung(1);
  expect(await three.fleet.take(never)).toEqual({ kind: 'granted', place: 2 });
  expect(await four.fleet.take(never)).toMatchObject({ kind: 'busy' });
  one.fleet.give();
  await four.untilRung(1);
  expect(await three.fleet.take(never)).toMatchObject({ kind: 'granted' });
  expect(await four.fleet.take(never)).toMatchObject({ kind: 'granted' });
  expect([one, two, three, four].map(({ rung }) => rung)).toEqual([0, 0, 1, 1]);
});

test('whoever gave its place back and asks again does not stand behind itself', async () => {
  await using one = side(consul.url);
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
    one.fleet.give();
  }
});

test('a gateway that leaves the line leaves nothing in Consul', async () => {
  await using one = side(consul.url);
  await using two = side(consul.url);
  await one.fleet.take(never);
  await two.fleet.take(never);
  expect(await standing(consul)).toHaveLength(2);
  for (const { fleet } of [two, one]) await fleet[Symbol.asyncDispose]();
  expect(await standing(consul)).toEqual([]);
  expect(await consul.request('GET', '/v1/session/list')).toEqual([]);
});

test('a place is kept for as long as it is held, while those who died lose theirs', async () => {
  const plan = fleetPlan({ reloads: 2, ttl: 1_000 });
  await using one = side(consul.url, plan);
  await using two = side(consul.url, plan);
  const dead = await hog(consul, '1s');
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 2 });
  expect(await two.fleet.take(never)).toMatchObject({ kind: 'busy', holders: ['hog/1', expect.any(String)] });
  await two.untilRung(1);
  expect(await two.fleet.take(never)).toEqual({ kind: 'granted', place: 2 });
  // Another lifetime, after which neither would be there without renewals.
  const next = await hog(consul, '1s');
  await untilStanding(consul, (sessions) => !sessions.includes(next.session));
  expect(await standing(consul)).not.toContain(dead.session);
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  expect(await two.fleet.take(never)).toEqual({ kind: 'granted', place: 2 });
});

test('whoever loses its session or its key goes to the end of the line', async () => {
  await using one = side(consul.url);
  await using two = side(consul.url);
  await one.fleet.take(never);
  const [first = ''] = await standing(consul);
  await two.fleet.take(never);
  await consul.request('PUT', `/v1/session/destroy/${first}`);
  await two.untilRung(1);
  expect(await two.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  await untilStanding(consul, (sessions) => sessions.length === 2);
  expect(await one.fleet.take(never)).not.toMatchObject({ kind: 'granted' });

  const sessions = await standing(consul);
  await consul.request('DELETE', '/v1/kv/upsync/fleet/edge/?recurse');
  await untilStanding(consul, (again) => again.length === 2);
  expect((await standing(consul)).toSorted()).toEqual(sessions.toSorted());
});

test("notes that people leave in the fleet's folder take nobody's place", async () => {
  await consul.request('PUT', '/v1/kv/upsync/fleet/edge/note', 'nobody');
  await using one = side(consul.url);
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  await consul.request('DELETE', '/v1/kv/upsync/fleet/edge/note');
});

test('a token that may make sessions and no keys is denied as well, and told what it lacks', async () => {
  await using guarded = await startConsul({ acl: true });
  const granted = await grant(guarded, 'session_prefix "" { policy = "write" }');
  await using one = side(guarded.url, fleetPlan(), { token: granted.token });
  const problem = {
    where: expect.stringContaining('/v1/kv/upsync/fleet/edge/'),
    what: 'Consul denied the token (403: Permission denied)',
    remedy: expect.stringContaining('key_prefix "upsync/fleet/edge/" { policy = "write" }'),
  };
  expect(await one.fleet.take(never)).toEqual({ kind: 'denied', problem });
  expect(await one.look(never)).toEqual({ denied: problem, names: [] });

  // Rights that come while it waits are taken up.
  await granted.setRules(
    'session_prefix "" { policy = "write" } key_prefix "upsync/fleet/edge/" { policy = "write" }',
  );
  await one.untilRung(1);
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  expect(await one.look(never)).toMatchObject({ denied: undefined, names: [expect.any(String)] });
});

test('an agent that takes connections and never answers holds nobody up for long', async () => {
  await using silent = await startConsulDouble(() => undefined);
  const one = side(silent.url);
  const began = performance.now();
  expect(await one.fleet.take(never)).toMatchObject({ kind: 'unknown' });
  expect(performance.now() - began).toBeLessThan(2_000);
  const ending = performance.now();
  await one[Symbol.asyncDispose]();
  expect(performance.now() - ending).toBeLessThan(1_000);
});

test('over TLS places are taken and given as over HTTP', async () => {
  await using there = await startTlsConsul();
  const { ca, cert, key, serverName } = there;
  const tls = { ca, cert, key, serverName, verify: true };
  await using one = side(there.url, fleetPlan(), { tls });
  await using two = side(there.url, fleetPlan(), { tls });
  expect(await one.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
  expect(await two.fleet.take(never)).toMatchObject({ kind: 'busy' });
  one.fleet.give();
  await two.untilRung(1);
  expect(await two.fleet.take(never)).toEqual({ kind: 'granted', place: 1 });
});
