import { expect, test } from 'vitest';
import { type Follow, listen } from '../../../src/check/listen.ts';
import type { Event } from '../../../src/pipeline/event.ts';
import { type Query, queryKey } from '../../../src/pipeline/query.ts';
import type { Answer, Snapshot } from '../../../src/pipeline/snapshot.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { admission, registration, upstreamPlan } from '../pipeline/given.ts';

const never = new AbortController().signal;

const plan = {
  upstreams: [upstreamPlan(), upstreamPlan({ name: 'web2', service: 'web2' })],
  admission: admission({ hostnames: true }),
  guard: { maxDrop: 0.5, atLeast: 4, grace: 0 },
  wait: { min: 0, max: 0 },
  startTimeout: 0,
  maxDraining: 1,
};

const web1: Query = { kind: 'service', service: 'web1', datacenter: '' };
const web2: Query = { kind: 'service', service: 'web2', datacenter: '' };
const host: Query = { kind: 'host', name: 'db.internal' };

/** A feed that answers and fails as the test says. */
function script() {
  const answers = new Map<string, Answer>();
  let report: (event: Event) => void = () => undefined;
  let onChange = () => {};
  let wanted: readonly string[] = [];
  const follow: Follow = (to, changed) => {
    [report, onChange] = [to, changed];
    return {
      want(queries) {
        wanted = queries.map(queryKey);
      },
      snapshot: (): Snapshot => new Map(answers),
    };
  };
  return {
    follow,
    wanted: () => wanted,
    answer(given: Answer) {
      answers.set(queryKey(given.query), given);
      onChange();
    },
    fail(query: Query, what: string) {
      report({
        type: 'queryFailed',
        query: queryKey(query),
        problem: { what },
        failures: 1,
        since: 0,
        retryIn: 0,
      });
    },
  };
}

test('it waits for every service, and for the host names that one brings up', async () => {
  const clock = manualClock();
  const feed = script();
  let done = false;
  const heard = listen(feed.follow, plan, clock, 5_000, never).finally(() => {
    done = true;
  });
  feed.fail(web2, 'denied');
  feed.answer({ query: web1, value: [registration({ address: 'db.internal' })], index: '1', since: 0 });
  await clock.advance(0);
  expect(done).toBe(false);
  expect(feed.wanted()).toContain(queryKey(host));

  feed.answer({ query: host, value: ['10.0.0.9'], since: 0 });
  const { observations, failures } = await heard;
  expect(
    observations.map(({ answered, servers }) => [answered, servers.map((server) => server.host)]),
  ).toEqual([
    [true, ['10.0.0.9']],
    [false, []],
  ]);
  expect([...failures]).toEqual([['service:web2', { what: 'denied' }]]);
});

test('it gives up after a while, and says of whom', async () => {
  const clock = manualClock();
  const feed = script();
  const heard = listen(feed.follow, plan, clock, 5_000, never);
  feed.answer({ query: web1, value: [], index: '1', since: 0 });
  await clock.advance(5_000);
  expect([...(await heard).failures]).toEqual([
    ['service:web2', { what: 'no answer within 5 s', where: 'service:web2' }],
  ]);
});

test('it ends with its signal', async () => {
  const stop = new AbortController();
  const heard = listen(script().follow, plan, manualClock(), 5_000, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(heard).rejects.toThrow('stopped');
});
