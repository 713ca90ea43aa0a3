import { expect, test } from 'vitest';
import { currentStatus } from '../../../src/status/current.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { answered, configured } from './told.ts';

test('answers count from when they came, whenever they are asked for', async () => {
  const clock = manualClock(1_000_000);
  const current = currentStatus('1.2.3', clock);
  current.note(configured);
  current.note(answered('web1', 1));
  await clock.advance(500);
  current.note(answered('web1', 2));
  current.note(answered('api'));
  await clock.advance(500);
  expect(current.status().queries).toMatchObject({
    'service:api': { answer: { at: 1_000_500 } },
    'service:web1': { answer: { health: { passing: 2 }, at: 1_000_500 } },
  });
  current.note({ type: 'forgotten', query: 'service:api' });
  expect(Object.keys(current.status().queries)).toEqual(['service:web1']);
});

test('each answer is told to who listens', () => {
  const current = currentStatus('1.2.3', manualClock(1_000_000));
  let told = 0;
  current.onChange(() => {
    told += 1;
  });
  current.note(configured);
  current.note(answered('web1'));
  current.note({ type: 'answeredSame', query: 'service:web1', index: '8' });
  expect(told).toBe(3);
});
