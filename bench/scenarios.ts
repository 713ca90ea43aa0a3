import type { Scenario } from './scenario.ts';
import { lone } from './scenarios/lone.ts';
import { memory } from './scenarios/memory.ts';
import { scale } from './scenarios/scale.ts';
import { start } from './scenarios/start.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [lone, start, memory, scale];
