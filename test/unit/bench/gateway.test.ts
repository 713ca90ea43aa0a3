import { expect, test } from 'vitest';
import { hasMinTimeout } from '../../../bench/bed/gateway.ts';

test('nginx keeps idle connections for a while from 1.27.4 on', () => {
  expect(['1.22.1', '1.27.3', '0.9.9', 'unknown'].map(hasMinTimeout)).toEqual([false, false, false, false]);
  expect(['1.27.4', '1.28.0', '1.30.6', '2.0.0'].map(hasMinTimeout)).toEqual([true, true, true, true]);
});
