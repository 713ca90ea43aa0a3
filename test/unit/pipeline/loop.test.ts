import { expect, test } from 'vitest';
import { loop } from '../../../src/pipeline/loop.ts';
import type { Running } from '../../../src/pipeline/outcome.ts';
import { quiescence } from '../../../src/pipeline/quiescence.ts';
import { stage } from './fakes.ts';
import { registrations, snapshot, upstreamPlan } from './given.ts';

test('each pass is told when it begins, so that one that hangs can be told from one that waits', async () => {
  const on = stage();
  on.answers = snapshot({ web1: registrations(1) });
  const ended = new AbortController();
  const bell = quiescence(on.pipeline.plan.wait, on.clock);
  const { gateway } = on.pipeline;
  const hanging = Promise.withResolvers<Running>();
  const pipeline = { ...on.pipeline, gateway: { ...gateway, running: () => hanging.promise } };
  const running = loop(pipeline, bell, ended.signal);
  await on.clock.advance(0);
  expect(on.events[0]).toEqual({ type: 'passBegan' });
  expect(on.events.map(({ type }) => type)).not.toContain('reconciled');
  hanging.resolve({ kind: 'running', digest: undefined, draining: 0 });
  await on.clock.advance(0);
  expect(on.events.at(-1)).toMatchObject({ type: 'reconciled', outcome: { kind: 'published' } });
  ended.abort();
  await running;
});

test('while thousands of services are awaited, not each first answer makes a pass, and the last one still goes at once', async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
  const on = stage({ upstreams: names.map((name) => upstreamPlan({ name, service: name })) });
  const ended = new AbortController();
  const bell = quiescence(on.pipeline.plan.wait, on.clock);
  const running = loop(on.pipeline, bell, ended.signal);
  const all = snapshot(Object.fromEntries(names.map((name) => [name, registrations(1)])));
  const arrived = new Map();
  on.answers = arrived;
  await on.clock.advance(0);
  for (const [key, answer] of all) {
    arrived.set(key, answer);
    bell.change();
    await on.clock.advance(1);
  }
  const kinds = on.events.flatMap((event) => (event.type === 'reconciled' ? event.outcome.kind : []));
  expect(kinds.at(-1)).toBe('published');
  expect(kinds.length).toBeLessThan(100);
  ended.abort();
  await running;
});
