import { describe, expect, test } from 'vitest';
import { type Guarded, guard, type Holds } from '../../../src/pipeline/guard.ts';
import { observe } from '../../../src/pipeline/observe.ts';
import type { UpstreamPlan } from '../../../src/pipeline/plan.ts';
import type { Registration, Snapshot } from '../../../src/pipeline/snapshot.ts';
import type { View } from '../../../src/pipeline/view.ts';
import {
  admission,
  registration,
  registrations,
  server,
  snapshot,
  upstream,
  upstreamPlan,
  view,
} from './given.ts';

const plan = { guard: { maxDrop: 0.5, atLeast: 4, grace: 30_000 }, admission: admission() };
const now = 1_000_000;
const none = { why: 'none registered', registered: 0 };

interface Given {
  readonly upstream?: Partial<UpstreamPlan>;
  readonly before?: View;
  readonly holds?: Holds;
  readonly now?: number;
}

function decide(answers: Snapshot, given: Given = {}): Guarded {
  const observed = observe([upstreamPlan(given.upstream)], plan.admission, answers);
  return guard(observed, given.before, answers, plan, given.holds ?? new Map(), given.now ?? now);
}

function hosts({ view: { upstreams } }: Guarded): string[] {
  return upstreams.flatMap(({ servers }) => servers.map(({ host }) => host));
}

const critical = (one: Registration): Registration => ({ ...one, health: 'critical' });
const web1 = (...value: readonly Registration[]) => snapshot({ web1: value });

describe('with healthy instances', () => {
  test('the upstream is live with them, and nobody is notified', () => {
    const guarded = decide(web1(...registrations(2)));
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'live' }]);
    expect(hosts(guarded)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(guarded.notices).toEqual([]);
    expect(guarded.wakeAt).toBeUndefined();
  });

  test('one that turns critical leaves at once', () => {
    const [first, second] = registrations(2).map((one, index) => (index === 1 ? critical(one) : one));
    const guarded = decide(web1(first ?? registration(), second ?? registration()), {
      before: view(upstream([server(1), server(2)])),
    });
    expect(hosts(guarded)).toEqual(['10.0.0.1']);
  });
});

describe('with none healthy, on_empty keep', () => {
  const before = view(upstream([server(1), server(2)]));

  test('servers that are still registered stay, with no end', () => {
    const guarded = decide(web1(...registrations(2).map(critical)), { before });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'kept' }]);
    expect(hosts(guarded)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(guarded.notices).toEqual([
      { kind: 'kept', upstream: 'web1', empty: { why: 'unhealthy', registered: 2 }, servers: 2 },
    ]);
    expect(guarded.wakeAt).toBeUndefined();
  });

  test('servers that were deregistered stay for keep_for, counted from their loss', () => {
    const lost = decide(web1(), { before });
    expect(hosts(lost)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(lost.wakeAt).toBe(now + 60_000);
    const later = decide(web1(), { before: lost.view, now: now + 59_999 });
    expect(hosts(later)).toEqual(['10.0.0.1', '10.0.0.2']);
    const over = decide(web1(), { before: later.view, now: now + 60_000 });
    expect(over.view.upstreams).toMatchObject([{ origin: 'down', servers: [] }]);
    expect(over.notices).toEqual([{ kind: 'down', upstream: 'web1', empty: none }]);
  });

  test('a loss noted in the future, by a clock set back since, counts from now', () => {
    const odd = view(upstream([server(1, { lostSince: now + 1e9 })], { origin: 'kept' }));
    expect(decide(web1(), { before: odd }).wakeAt).toBe(now + 60_000);
  });

  test('a server that registers again, though critical, is no longer counted as lost', () => {
    const kept = view(upstream([server(1, { lostSince: now - 50_000 })], { origin: 'kept' }));
    const guarded = decide(web1(critical(registration({ id: 'i1' }))), { before: kept });
    expect(guarded.view.upstreams[0]?.servers[0]).not.toHaveProperty('lostSince');
  });

  test('an address that another service has now is given up at once', () => {
    const other = registration({ id: 'other', service: 'web2', address: '10.0.0.1' });
    const answers = new Map([...web1(), ...snapshot({ web2: [other] })]);
    expect(hosts(decide(answers, { before }))).toEqual(['10.0.0.2']);
  });

  test.each([
    ['is given up where one answers empty', web1(), ['10.0.0.2']],
    ['stays where one does not answer', new Map(), ['10.0.0.1', '10.0.0.2']],
  ])('an address that both services had %s', (_, answer, left) => {
    const both = registration({ id: 'both', service: 'web2', address: '10.0.0.1' });
    const shared = view(
      upstream([server(1), server(2)]),
      upstream([server(1)], { name: 'web2', service: 'web2' }),
    );
    const answers = new Map([...answer, ...snapshot({ web2: [both] })]);
    expect(hosts(decide(answers, { before: shared }))).toEqual(left);
  });

  test('an address that a critical registration of another service names is not', () => {
    const other = registration({ id: 'other', service: 'web2', address: '10.0.0.1', health: 'critical' });
    const answers = new Map([...web1(), ...snapshot({ web2: [other] })]);
    expect(hosts(decide(answers, { before }))).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test('the nodes of kept servers are asked about, since anybody there may take their addresses', () => {
    expect(decide(web1(), { before }).wants).toEqual([{ kind: 'node', node: 'n1', datacenter: '' }]);
  });

  test('an instance in maintenance is not kept: somebody wants it drained', () => {
    const drained = registrations(2, { health: 'maintenance' });
    const guarded = decide(web1(...drained), { before });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'down', servers: [] }]);
  });

  test('with no release before there is nothing to keep: it is down', () => {
    const guarded = decide(web1(critical(registration())));
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'down', servers: [] }]);
  });

  test('servers of an upstream that followed another service then are not taken over', () => {
    const foreign = view(upstream([server(1)], { service: 'old' }));
    expect(decide(web1(), { before: foreign }).view.upstreams).toMatchObject([{ origin: 'down' }]);
  });
});

describe('with none healthy, by the other policies', () => {
  const before = view(upstream([server(1)]));

  test('down answers 503 at once', () => {
    const guarded = decide(web1(), { before, upstream: { onEmpty: 'down' } });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'down', servers: [] }]);
    expect(guarded.notices).toEqual([{ kind: 'down', upstream: 'web1', empty: none }]);
  });

  test('down of tcp is said to be of tcp', () => {
    const { view: given, notices } = decide(web1(), {
      before,
      upstream: { onEmpty: 'down', protocol: 'tcp' },
    });
    expect(given.upstreams).toMatchObject([{ origin: 'down', protocol: 'tcp' }]);
    expect(notices).toEqual([{ kind: 'down', upstream: 'web1', protocol: 'tcp', empty: none }]);
  });

  test('drop leaves the upstream out', () => {
    const guarded = decide(web1(), { before, upstream: { onEmpty: 'drop' } });
    expect(guarded.view.upstreams).toEqual([]);
    expect(guarded.notices).toEqual([{ kind: 'dropped', upstream: 'web1', empty: none }]);
  });
});

describe('a service that has not answered', () => {
  test('takes its servers from the release before', () => {
    const guarded = decide(new Map(), { before: view(upstream([server(1)])) });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'kept' }]);
    expect(guarded.notices).toEqual([{ kind: 'missing', upstream: 'web1', servers: 1 }]);
  });

  test('takes them along to tcp, where it is told to', () => {
    const upstreams = { protocol: 'tcp', listen: '127.0.0.1:80' } as const;
    const guarded = decide(new Map(), { before: view(upstream([server(1)])), upstream: upstreams });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'kept', ...upstreams, servers: [server(1)] }]);
  });

  test('is down where there was none', () => {
    expect(decide(new Map()).view.upstreams).toMatchObject([{ origin: 'down', servers: [] }]);
  });
});

describe('a loss of a big share in one step', () => {
  const eight = view(upstream(Array.from({ length: 8 }, (_, index) => server(index + 1))));
  const half = web1(...registrations(4));

  test('is held for the grace period, said at once, and looked at again then', () => {
    const guarded = decide(half, { before: eight });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'held' }]);
    expect(hosts(guarded)).toHaveLength(8);
    expect(guarded.notices).toEqual([
      { kind: 'held', upstream: 'web1', losing: 4, of: 8, until: now + plan.guard.grace },
    ]);
    expect(guarded.wakeAt).toBe(now + plan.guard.grace);
  });

  test('is applied after the grace period, counted from its beginning', () => {
    const first = decide(half, { before: eight });
    const last = decide(half, { before: first.view, holds: first.holds, now: now + plan.guard.grace });
    expect(last.notices).toEqual([{ kind: 'lost', upstream: 'web1', losing: 4, of: 8 }]);
    expect(last.view.upstreams).toMatchObject([{ origin: 'live' }]);
    expect(hosts(last)).toHaveLength(4);
  });

  test('is not held anew while nginx has not taken it yet', () => {
    const first = decide(half, { before: eight });
    const rejected = decide(half, { before: first.view, holds: first.holds, now: now + plan.guard.grace });
    const again = decide(half, {
      before: first.view,
      holds: rejected.holds,
      now: now + plan.guard.grace + 5_000,
    });
    expect(hosts(again)).toHaveLength(4);
  });

  test('that grows gets the whole grace period anew', () => {
    const twelve = view(upstream(Array.from({ length: 12 }, (_, index) => server(index + 1))));
    const first = decide(web1(...registrations(6)), { before: twelve });
    const late = now + plan.guard.grace - 1;
    const second = decide(web1(...registrations(1)), { before: first.view, holds: first.holds, now: late });
    expect(second.wakeAt).toBe(late + plan.guard.grace);
    expect(
      hosts(decide(web1(...registrations(1)), { before: second.view, holds: second.holds, now: late + 1 })),
    ).toHaveLength(12);
  });

  test('lets newcomers in at once', () => {
    const moved = web1(...registrations(4), registration({ id: 'new', address: '10.0.9.9' }));
    expect(hosts(decide(moved, { before: eight }))).toContain('10.0.9.9');
  });

  test('ends at once when the instances are back', () => {
    const first = decide(half, { before: eight });
    const back = decide(web1(...registrations(8)), { before: first.view, holds: first.holds });
    expect(back.notices).toEqual([]);
    expect(back.holds.size).toBe(0);
  });

  test('of fewer than at_least servers is not held', () => {
    const six = view(upstream(Array.from({ length: 6 }, (_, index) => server(index + 1))));
    expect(hosts(decide(web1(...registrations(3)), { before: six }))).toHaveLength(3);
  });

  test('of less than max_drop is not held', () => {
    const ten = view(upstream(Array.from({ length: 10 }, (_, index) => server(index + 1))));
    expect(hosts(decide(web1(...registrations(6)), { before: ten }))).toHaveLength(6);
  });

  test('by maintenance is not held: somebody wants it', () => {
    const drained = registrations(8).map((one, index) =>
      index < 4 ? one : { ...one, health: 'maintenance' as const },
    );
    const guarded = decide(web1(...drained), { before: eight });
    expect(guarded.notices).toEqual([]);
    expect(guarded.view.upstreams[0]?.servers.filter(({ state }) => state === 'up')).toHaveLength(4);
  });

  test('to nothing is held too where the policy would take the upstream down', () => {
    const guarded = decide(web1(), { before: eight, upstream: { onEmpty: 'down' } });
    expect(guarded.view.upstreams).toMatchObject([{ origin: 'held' }]);
    expect(hosts(guarded)).toHaveLength(8);
  });

  test('gives up an address that another service has taken', () => {
    const other = registration({ id: 'other', service: 'web2', address: '10.0.0.8' });
    const answers = new Map([...half, ...snapshot({ web2: [other] })]);
    expect(hosts(decide(answers, { before: eight }))).not.toContain('10.0.0.8');
  });
});

test('the zone grows with the servers in powers of two, from 64 KiB', () => {
  const zone = (count: number) => decide(web1(...many(count))).view.upstreams[0]?.zone;
  expect([1, 31, 32, 63, 64, 1000].map(zone)).toEqual([64, 64, 128, 128, 256, 2048]);
});

function many(count: number): Registration[] {
  return Array.from({ length: count }, (_, index) =>
    registration({ id: `i${index}`, address: `10.1.${index >> 8}.${index & 255}` }),
  );
}
