import { describe, expect, test } from 'vitest';
import { freshMemory, type Memory } from '../../../src/pipeline/memory.ts';
import type { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { type Pass, reconcile } from '../../../src/pipeline/reconcile.ts';
import { decide, type Place } from '../../../src/pipeline/turn.ts';
import { fleetPlan } from '../../support/fleet-plan.ts';
import { proven, type Stage, stage, unproven } from './fakes.ts';
import { registrations, snapshot } from './given.ts';

const never = new AbortController().signal;
const patience = 30_000;
const granted: Place = { kind: 'granted', place: 1 };
const busy: Place = { kind: 'busy', holders: ['gw1/7'], before: 0 };
const unknown: Place = { kind: 'unknown', problem: { what: 'connection refused', where: 'http://consul' } };
const denied: Place = { kind: 'denied', problem: { what: 'Consul denied the token', remedy: 'grant it' } };

describe('a release that takes a reload', () => {
  test.each([
    ['has a place', granted, undefined, 'placed'],
    ['has a place, however late', granted, 0, 'placed'],
    ['may have none, ever', denied, undefined, 'unplaced'],
    ['found all taken for as long as it has patience', busy, 1_000_000 - patience, 'unplaced'],
    ['heard nothing of Consul for that long', unknown, 1_000_000 - patience, 'unplaced'],
  ])('goes on where it %s', (_, place, since, type) => {
    expect(decide(place, fleetPlan(), since, 1_000_000)).toMatchObject({ kind: 'go', event: { type } });
  });

  test.each([
    ['finds all taken', busy, undefined, 1_000_000 + patience],
    ['found all taken before', busy, 1_000_000 - patience + 1, 1_000_001],
    ['hears nothing of Consul', unknown, undefined, 1_000_000 + patience],
  ])('waits where it %s, and until its patience ends', (_, place, since, until) => {
    expect(decide(place, fleetPlan(), since, 1_000_000)).toMatchObject({
      kind: 'wait',
      outcome: { kind: 'held', until, queued: true },
    });
  });

  test('with no patience waits for nobody', () => {
    expect(decide(busy, fleetPlan({ patience: 0 }), undefined, 5)).toMatchObject({
      event: { type: 'unplaced' },
    });
  });

  test('says who has the places, and how many wait before it', () => {
    const why = (place: Place, reloads = 2) => {
      const decision = decide(place, fleetPlan({ reloads }), undefined, 0);
      return decision.kind === 'wait' ? decision.outcome.why : '';
    };
    expect(why(busy, 1)).toBe('the place in fleet edge is taken, by gw1/7');
    expect(why({ kind: 'busy', holders: ['gw1/7', 'gw2/9'], before: 3 })).toBe(
      'all 2 places in fleet edge are taken, by gw1/7, gw2/9; 3 more wait before this one',
    );
    const many = Array.from({ length: 7 }, (_, at) => `gw${at}/1`);
    expect(why({ kind: 'busy', holders: many, before: 1 }, 7)).toBe(
      'all 7 places in fleet edge are taken, by gw0/1, gw1/1, gw2/1, gw3/1, gw4/1 and 2 more; 1 more waits before this one',
    );
    expect(why(unknown)).toBe(
      'Consul does not tell how it stands with a place in fleet edge: http://consul: connection refused',
    );
  });
});

/** A stage in a fleet, with the first release live, and web1 with so many instances since. */
async function inFleet(
  instances = 2,
): Promise<{ on: Stage; pipeline: Pipeline; memory: Memory; places: Place[] }> {
  const on = stage({ fleet: fleetPlan() });
  const places: Place[] = [];
  const turn = {
    async take() {
      on.done.push('take');
      return (places.length > 1 ? places.shift() : places[0]) ?? granted;
    },
    give: () => void on.done.push('give'),
  };
  const pipeline = { ...on.pipeline, turn };
  on.answers = snapshot({ web1: registrations(1) });
  const { memory } = await reconcile(pipeline, freshMemory(on.clock.now()), 'apply', never);
  on.answers = snapshot({ web1: registrations(instances) });
  return { on, pipeline, memory, places };
}

const passOf = (pipeline: Pipeline, memory: Memory): Promise<Pass> =>
  reconcile(pipeline, memory, 'apply', never);
const digest = 'web1:10.0.0.1,10.0.0.2';

describe('in a fleet', () => {
  test('the first release of a run asks for no place: nginx must come right', async () => {
    const { on, pipeline, places } = await inFleet();
    places.push(busy);
    expect(on.done).toContain('apply web1:10.0.0.1');
    // Nor where nginx runs one of a run before.
    expect((await passOf(pipeline, freshMemory(on.clock.now()))).outcome.kind).toBe('published');
    expect(on.done).not.toContain('take');
  });

  test('a place is asked for once the test has passed, and given back after the proof', async () => {
    const { on, pipeline, memory } = await inFleet();
    on.done.length = 0;
    expect((await passOf(pipeline, memory)).outcome.kind).toBe('published');
    expect(on.done).toEqual([
      'stage',
      'test',
      'take',
      'publish',
      `apply ${digest}`,
      `proven ${digest}`,
      'give',
    ]);
    expect(on.events).toContainEqual({ type: 'placed', fleet: 'edge', place: 1, of: 1, after: 0 });
  });

  test('whoever finds all places taken publishes nothing, and stays in line', async () => {
    const { on, pipeline, memory, places } = await inFleet();
    places.push(busy);
    on.done.length = 0;
    const pass = await passOf(pipeline, memory);
    expect(pass.outcome).toMatchObject({ kind: 'held', queued: true });
    expect(pass.wakeAt).toBe(on.clock.now() + patience);
    expect(on.done).toEqual(['stage', 'test', 'take', 'discard']);

    // And tests nothing more until its turn has come.
    on.done.length = 0;
    expect((await passOf(pipeline, pass.memory)).outcome.kind).toBe('held');
    expect(on.done).toEqual(['proven web1:10.0.0.1', 'take']);
  });

  test('a newer candidate goes on with the same wait, and it ends with its patience', async () => {
    const { on, pipeline, memory, places } = await inFleet();
    places.push(busy);
    let pass = await passOf(pipeline, memory);
    await on.clock.advance(patience - 1);
    on.answers = snapshot({ web1: registrations(3) });
    pass = await passOf(pipeline, pass.memory);
    expect(pass.outcome.kind).toBe('held');
    expect(pass.wakeAt).toBe(on.clock.now() + 1);
    await on.clock.advance(1);
    pass = await passOf(pipeline, pass.memory);
    expect(pass.outcome.kind).toBe('published');
    expect(on.events.filter(({ type }) => type === 'unplaced')).toMatchObject([{ after: patience }]);
    // The next one has all its patience again.
    on.answers = snapshot({ web1: registrations(4) });
    expect((await passOf(pipeline, pass.memory)).wakeAt).toBe(on.clock.now() + patience);
  });

  test('how long it waited is told when its turn has come', async () => {
    const { on, pipeline, memory, places } = await inFleet();
    places.push(busy, granted);
    const { memory: waiting } = await passOf(pipeline, memory);
    await on.clock.advance(3_200);
    expect((await passOf(pipeline, waiting)).outcome.kind).toBe('published');
    expect(on.events.filter(({ type }) => type === 'placed')).toMatchObject([{ after: 3_200 }]);
  });

  test.each<[string, (on: Stage) => void]>([
    ['is refused', (on) => (on.verdict = { kind: 'refused', problems: [{ what: 'no' }] })],
    ['is not needed any more', (on) => (on.answers = snapshot({ web1: registrations(1) }))],
    [
      'is not rendered',
      (on) => (on.renders = () => ({ kind: 'problem', used: [], problem: { what: 'no' } })),
    ],
    ['is rolled back', (on) => (on.proofs = [unproven, proven])],
  ])('whoever waited for a release that %s gives its place back', async (_, change) => {
    const { on, pipeline, memory, places } = await inFleet();
    places.push(busy, granted);
    const { memory: waiting } = await passOf(pipeline, memory);
    change(on);
    on.done.length = 0;
    const pass = await passOf(pipeline, waiting);
    expect(on.done.at(-1)).toBe('give');
    expect(pass.memory.queuedAt).toBeUndefined();
  });

  test('an nginx that runs something else, or does not run, is put right without a place', async () => {
    const { on, pipeline, memory, places } = await inFleet();
    places.push(busy);
    on.running = { kind: 'running', digest: undefined, draining: 0 };
    expect((await passOf(pipeline, memory)).outcome.kind).toBe('published');
    on.answers = snapshot({ web1: registrations(3) });
    on.running = { kind: 'stopped' };
    expect((await passOf(pipeline, memory)).outcome.kind).toBe('published');
    expect(on.done).not.toContain('take');
  });

  test('what workers take by themselves takes no place', async () => {
    const { on, pipeline, memory } = await inFleet();
    const releases = { ...pipeline.releases, structure: () => 'same' };
    const { live } = on;
    if (live !== undefined) on.live = { ...live, structure: 'same' };
    expect((await passOf({ ...pipeline, releases }, memory)).outcome.kind).toBe('published');
    expect(on.done).not.toContain('take');
  });
});
