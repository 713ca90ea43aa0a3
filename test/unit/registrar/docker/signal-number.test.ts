import { expect, test } from 'vitest';
import { signalNumber } from '../../../../src/registrar/docker/signal-number.ts';

test.each([
  ['', 15],
  ['SIGTERM', 15],
  ['SIGQUIT', 3],
  ['quit', 3],
  ['9', 9],
  ['SIGRTMIN+3', 37],
  ['RTMIN+3', 37],
  ['SIGNONSENSE', 15],
])('the stop signal %j is number %i', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});
