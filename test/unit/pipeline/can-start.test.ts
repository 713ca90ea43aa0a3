import { describe, expect, test } from 'vitest';
import { canStart } from '../../../src/pipeline/can-start.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { release, stage } from './fakes.ts';

const signal = new AbortController().signal;
const before = release('before');
const rejected: Outcome = { kind: 'rejected', stage: 'test', problems: [{ what: 'no' }] };
const failed: Outcome = { kind: 'failed', step: 'stage', problem: { what: 'no space' } };

test('nginx starts with the release that a pass led to', async () => {
  const { pipeline, done } = stage();
  expect(await canStart(pipeline, { kind: 'unchanged', release: before }, signal)).toBe(true);
  expect(done).toEqual([]);
});

describe('where a pass led to none', () => {
  test.each([rejected, failed])(
    'nginx starts with the one before, if it takes that (%j)',
    async (outcome) => {
      const self = stage();
      self.live = before;
      expect(await canStart(self.pipeline, outcome, signal)).toBe(true);
      expect(self.done).toEqual(['test']);
      self.verdict = { kind: 'refused', problems: [{ what: 'host not found in upstream "web2"' }] };
      expect(await canStart(self.pipeline, outcome, signal)).toBe(false);
    },
  );

  test('nginx does not start without one', async () => {
    const { pipeline, done } = stage();
    expect(await canStart(pipeline, rejected, signal)).toBe(false);
    expect(done).toEqual([]);
  });
});

test('while Consul has time to answer, nginx waits for what it says', async () => {
  const self = stage({ startTimeout: 2_000 });
  self.live = before;
  const since = self.clock.now();
  const waiting: Outcome = { kind: 'waiting', missing: ['web1'], since, until: since + 2_000 };
  expect(await canStart(self.pipeline, waiting, signal)).toBe(false);
  await self.clock.advance(2_000);
  expect(await canStart(self.pipeline, waiting, signal)).toBe(true);
});
