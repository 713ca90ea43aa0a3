import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { follow, web } from '../support/consul-follow.ts';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ acl: true });
  for (const port of [8001, 8002]) await consul.register({ id: `web1-${port}`, name: 'web1', port });
});
afterAll(() => consul[Symbol.asyncDispose]());

test('a token whose policy is emptied does not empty the service', async () => {
  const granted = await grant(consul, READ);
  // A blocking query notices the change of rights only when it returns.
  using followed = follow(consul.url, [web('web1')], { token: granted.token, block: 300 });
  await followed.until(() => followed.value('service:web1')?.length === 2);

  await granted.setRules('key_prefix "" { policy = "read" }');
  const { problem } = await followed.next('queryFailed');
  // Which of the two depends on whether Consul's index has moved by itself.
  expect(problem.what).toMatch(
    /^empty answer for web1 not believed: .*( may have lost its rights|the token sees no service at all) \(2 instances stay\)$/,
  );

  // Even with an index that has moved since.
  await consul.register({ id: 'web1-8003', name: 'web1', port: 8003 });
  const sees = (what: RegExp) =>
    followed.until(() =>
      followed.events.find((event) => event.type === 'queryFailed' && what.test(event.problem.what)),
    );
  await sees(/the token sees no service at all \(2 instances stay\)/);
  expect(followed.value('service:web1')).toHaveLength(2);

  await granted.setRules(READ);
  await followed.until(() => followed.value('service:web1')?.length === 3);
  expect(followed.events.map(({ type }) => type)).toContain('queryRecovered');
});

test('a deleted token leaves the instances in place, and its name out of the words', async () => {
  const granted = await grant(consul, READ);
  using followed = follow(consul.url, [web('web1')], { token: granted.token, block: 300 });
  await followed.until(() => followed.value('service:web1'));

  await granted.delete();
  const { problem } = await followed.next('queryFailed');
  expect(problem).toEqual({
    where: `${consul.url}/v1/health/service/web1`,
    what: 'Consul denied the token (403: ACL not found)',
    remedy:
      'check that the token still exists and grants service_prefix "" and node_prefix "" with policy "read"',
  });
  expect(followed.value('service:web1')?.length).toBeGreaterThan(0);
  expect(JSON.stringify(followed.events)).not.toContain(granted.token);
});

test('without rights the first answer is no answer', async () => {
  using followed = follow(consul.url, [web('web1')]);
  const { problem } = await followed.next('queryFailed');
  expect(problem.what).toBe('empty answer for web1 not believed: the token sees no service at all');
  expect(followed.feed.snapshot().size).toBe(0);
});

test('a token that may read services and no nodes makes no service empty', async () => {
  const granted = await grant(consul, 'service_prefix "" { policy = "read" }');
  using followed = follow(consul.url, [web('web1')], { token: granted.token });
  const { problem } = await followed.next('queryFailed');
  expect(problem.what).toBe(
    'empty answer for web1 not believed: Consul lists it, so the token may lack node_prefix "" { policy = "read" }',
  );
  expect(followed.feed.snapshot().size).toBe(0);
});
