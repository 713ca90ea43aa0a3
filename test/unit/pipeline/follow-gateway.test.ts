import { expect, test } from 'vitest';
import { followGateway } from '../../../src/pipeline/follow-gateway.ts';
import { stage } from './fakes.ts';

test('what nginx is seen to run is told each time, and as news only where it is', async () => {
  const on = stage();
  const ended = new AbortController();
  const following = followGateway(
    on.pipeline.gateway,
    on.clock,
    on.pipeline.report,
    () => undefined,
    ended.signal,
  );
  await on.clock.advance(2_000);
  expect(on.events.map(({ type }) => type)).toEqual(['observed', 'gateway', 'observed', 'observed']);
  on.running = { kind: 'stopped' };
  await on.clock.advance(1_000);
  expect(on.events.slice(-2)).toMatchObject([
    { type: 'observed', running: { kind: 'stopped' } },
    { type: 'gateway', state: 'stopped' },
  ]);
  ended.abort();
  await following;
});
