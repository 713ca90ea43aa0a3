import { expect, test } from 'vitest';
import { watchdogInterval } from '../../../src/process/systemd.ts';

test('signs of life come at half of what the watchdog waits, if it is ours', () => {
  expect(watchdogInterval({ WATCHDOG_USEC: '30000000' }, 7)).toBe(15_000);
  expect(watchdogInterval({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)).toBe(15_000);
  expect(watchdogInterval({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7)).toBeUndefined();
});

test.each(['', '0', '-1', 'soon'])('a watchdog of %j us is none', (usec) => {
  expect(watchdogInterval({ WATCHDOG_USEC: usec }, 7)).toBeUndefined();
});
