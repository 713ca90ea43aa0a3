import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/pipeline/problem.ts';
import { stage } from './fakes.ts';
import { container } from './given.ts';

const changed = { kind: 'changed' } as const;
const healthy = { status: 'healthy', output: '' } as const;

describe('the registrar', () => {
  test('looks at once, after each event, and by itself when nothing is told', async () => {
    await using at = await stage();
    expect(at.count('inStep')).toBeGreaterThan(0);
    at.containers = [container()];
    await at.tell(changed);
    expect(at.writes).toEqual(['register node1:web-1:80']);
    at.held = [];
    await at.clock.advance(10_000);
    expect(at.writes).toEqual(['register node1:web-1:80', 'register node1:web-1:80']);
  });

  test('makes of a burst of events a few looks', async () => {
    await using at = await stage();
    await at.clock.advance(1_000);
    const before = at.reads.inventory;
    for (let each = 0; each < 50; each += 1) {
      await at.tell(changed);
      await at.clock.advance(20);
    }
    await at.clock.advance(1_000);
    expect(at.reads.inventory - before).toBeLessThanOrEqual(4);
  });

  test('does not wait for the end of a burst where a container is told to stop', async () => {
    await using at = await stage();
    at.containers = [container()];
    await at.tell(changed);
    await at.tell({ kind: 'signalled', container: container().id, signal: 15, at: 2_000 });
    expect(at.writes.at(-1)).toBe(
      'maintain node1:web-1:80 upsync-registrar: told to stop at 1970-01-01T00:00:02.000Z',
    );
    at.containers = [];
    await at.tell(changed);
    await at.clock.advance(100);
    expect(at.writes.at(-1)).toBe('deregister node1:web-1:80');
  });
});

describe("an error of Docker's", () => {
  test('is never an empty list: nothing is written', async () => {
    await using at = await stage();
    at.containers = [container()];
    await at.tell(changed);
    at.containers = [];
    at.faults.inventory = new ProblemError({ what: 'no answer' });
    await at.clock.advance(60_000);
    expect(at.held).toHaveLength(1);
    delete at.faults.inventory;
    await at.clock.advance(4_000);
    expect(at.held).toHaveLength(0);
  });

  test('is met by tries ever further apart, up to 4 s, and told with its begin and end', async () => {
    await using at = await stage();
    at.faults.inventory = new ProblemError({ what: 'no answer' });
    await at.tell(changed);
    await at.clock.advance(100);
    const lost = () => at.events.flatMap((event) => (event.type === 'lost' ? [event] : []));
    await at.clock.advance(20_000);
    expect(
      lost()
        .map(({ retryIn }) => retryIn)
        .slice(0, 6),
    ).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000]);
    expect(lost()[0]).toMatchObject({ side: 'docker', problem: { what: 'no answer' }, failures: 1 });
    delete at.faults.inventory;
    await at.clock.advance(4_000);
    expect(at.events.find(({ type }) => type === 'found')).toMatchObject({ side: 'docker' });
  });
});

describe("an error of the agent's", () => {
  test.each(['services', 'write'] as const)(
    'in %s ends nothing, and what was to be written is',
    async (fault) => {
      await using at = await stage();
      at.containers = [container()];
      at.faults[fault] = new ProblemError({ what: 'no answer' });
      await at.tell(changed);
      await at.clock.advance(60_000);
      expect(at.writes).toEqual([]);
      expect(at.events.find(({ type }) => type === 'lost')).toMatchObject({ side: 'consul' });
      delete at.faults[fault];
      await at.clock.advance(4_000);
      expect(at.writes).toEqual(['register node1:web-1:80']);
      expect(at.events.find(({ type }) => type === 'found')).toMatchObject({ side: 'consul' });
    },
  );

  test('a stop that fell into it is not forgotten', async () => {
    await using at = await stage();
    at.containers = [container()];
    await at.tell(changed);
    at.faults.services = new ProblemError({ what: 'no answer' });
    await at.tell({ kind: 'signalled', container: container().id, signal: 15, at: 2_000 });
    delete at.faults.services;
    await at.clock.advance(250);
    expect(at.writes.at(-1)).toMatch(/^maintain node1:web-1:80/);
  });

  test('a refusal of one service keeps none of the others back, and is not tried without end', async () => {
    await using at = await stage();
    at.refusals.set('node1:bad:80', 'not so');
    at.containers = [container({ id: 'bad', name: 'bad', health: healthy }), container()];
    await at.tell(changed);
    expect(at.writes).toEqual(['register node1:web-1:80']);
    expect(at.events.at(-1)).toMatchObject({
      type: 'inStep',
      notices: [{ what: 'node1:bad:80', reason: 'not so' }],
    });
    const before = at.reads.services;
    await at.clock.advance(20_000);
    expect(at.reads.services - before).toBeLessThanOrEqual(4);
  });
});

describe('the stream of events', () => {
  test('is opened anew when it is lost, and all is looked at then', async () => {
    await using at = await stage({ resync: 3_600_000 });
    at.containers = [container()];
    at.faults.stream = new ProblemError({ what: 'connection refused' });
    await at.cut(new Error('cut'));
    expect(at.writes).toEqual(['register node1:web-1:80']);
    await at.clock.advance(4_000);
    expect(at.reads.streams).toBeGreaterThan(3);
    // What happens from here on is told by nobody.
    delete at.faults.stream;
    at.containers = [];
    await at.clock.advance(4_000);
    expect(at.writes.at(-1)).toBe('deregister node1:web-1:80');
    const told = at.events.filter((event) => 'side' in event && event.side === 'events');
    expect(told.at(0)).toMatchObject({ type: 'lost', problem: { what: 'cut' } });
    expect(told.at(-1)).toMatchObject({ type: 'found' });
  });
});

describe('a check that is kept fresh', () => {
  test('is seen to three times before it would run out', async () => {
    await using at = await stage({ resync: 60_000 });
    at.containers = [container({ health: healthy })];
    await at.tell(changed);
    await at.clock.advance(30_000);
    expect(at.writes).toEqual([
      'register node1:web-1:80',
      'report node1:web-1:80 passing',
      'report node1:web-1:80 passing',
      'report node1:web-1:80 passing',
    ]);
  });

  test('is seen to at once by a registrar that has just started', async () => {
    await using at = await stage();
    at.containers = [container({ health: healthy })];
    await at.tell(changed);
    await using next = await stage();
    next.containers = at.containers;
    next.held = at.held;
    await next.tell(changed);
    expect(next.writes).toEqual(['report node1:web-1:80 passing']);
  });

  test('is vouched for by nobody while Docker does not answer', async () => {
    await using at = await stage();
    at.containers = [container({ health: healthy })];
    await at.tell(changed);
    at.faults.inventory = new ProblemError({ what: 'no answer' });
    await at.clock.advance(60_000);
    expect(at.writes).toEqual(['register node1:web-1:80']);
  });
});
