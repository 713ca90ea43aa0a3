import { expect, test } from 'vitest';
import { heapOf, isEvent, mostDelay, stepsOf } from '../../../bench/tools/report-lines.ts';

test('the steps are those of a published release, and of no other line', () => {
  const line = JSON.stringify({
    level: 'info',
    event: 'published',
    steps: { render: 2, test: 20.5 },
    msg: '',
  });
  expect(stepsOf(line)).toEqual({ render: 2, test: 20.5 });
  expect(isEvent(line, 'published')).toBe(true);
  expect(stepsOf('{"event":"answered"}')).toBeUndefined();
  expect(stepsOf('no JSON')).toBeUndefined();
});

test('what the preloaded scripts write is read in MiB and ms', () => {
  expect(heapOf('{"event":"heap","heapUsed":3145728}')).toBe(3);
  expect(heapOf('{"event":"published"}')).toBeUndefined();
  expect(mostDelay('{"event":"loopDelay","most":12.5}')).toBe(12.5);
});
