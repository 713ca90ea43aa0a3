import { test } from 'vitest';
import { via } from '../bed/via.ts';

/** A test that speaks of reloads, or of the test that comes before each: servers alone take neither where they are pushed. */
export const testOfReload: (name: string, run: () => Promise<void>) => void =
  via === 'push' ? () => {} : test;
