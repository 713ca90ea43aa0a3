import { describe, expect, test } from 'vitest';
import { starter } from '../../../src/pipeline/can-start.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { release, stage } from './fakes.ts';

const before = release('before');
const unchanged: Outcome = { kind: 'unchanged', release: before };
const rejected: Outcome = { kind: 'rejected', stage: 'test', problems: [{ what: 'no' }] };
const failed: Outcome = { kind: 'failed', step: 'stage', problem: { what: 'no space' } };

/** A stage, what outcomes are given to, and how often nginx was started. */
function given() {
  const self = stage({ startTimeout: 2_000 });
  let starts = 0;
  const nginx = {
    pid: () => (starts > 0 ? 7 : undefined),
    startable: () => {
      starts += 1;
    },
  };
  const take = starter(self.pipeline, nginx, new AbortController().signal);
  return { self, take, starts: () => starts };
}

test('nginx starts with the release that a pass led to', async () => {
  const { self, take, starts } = given();
  take(unchanged);
  await self.clock.advance(0);
  expect(starts()).toBe(1);
  take(rejected);
  await self.clock.advance(0);
  expect(self.done).toEqual([]);
});

describe('where a pass led to none', () => {
  test.each([rejected, failed])(
    'nginx starts with the one before, if it takes that (%j)',
    async (outcome) => {
      const { self, take, starts } = given();
      self.live = before;
      self.verdict = { kind: 'refused', problems: [{ what: 'host not found in upstream "web2"' }] };
      take(outcome);
      await self.clock.advance(0);
      expect({ starts: starts(), done: self.done }).toEqual({ starts: 0, done: ['test'] });
      self.verdict = { kind: 'accepted', warnings: [] };
      take(outcome);
      await self.clock.advance(0);
      expect(starts()).toBe(1);
    },
  );

  test('nginx does not start without one', async () => {
    const { self, take, starts } = given();
    take(rejected);
    await self.clock.advance(0);
    expect({ starts: starts(), done: self.done }).toEqual({ starts: 0, done: [] });
  });

  test('what came of the next pass meanwhile is not missed', async () => {
    const { self, take, starts } = given();
    take(rejected);
    take(unchanged);
    await self.clock.advance(0);
    expect(starts()).toBe(1);
  });
});

describe('while Consul has time to answer', () => {
  const since = 1_000_000;
  test.each<Outcome>([
    { kind: 'waiting', missing: ['web1'], since, until: since + 2_000 },
    { kind: 'lacking', missing: ['key a'], since },
  ])('nginx waits for what it says, and then no longer ($kind)', async (outcome) => {
    const { self, take, starts } = given();
    expect(self.clock.now()).toBe(since);
    self.live = before;
    take(outcome);
    await self.clock.advance(1_999);
    expect(starts()).toBe(0);
    await self.clock.advance(1);
    expect({ starts: starts(), done: self.done }).toEqual({ starts: 1, done: ['test'] });
  });
});
