import type { Scenario } from './scenario.ts';
import { burst } from './scenarios/burst.ts';
import { churn } from './scenarios/churn.ts';
import { fleet } from './scenarios/fleet.ts';
import { growth } from './scenarios/growth.ts';
import { lone } from './scenarios/lone.ts';
import { memory } from './scenarios/memory.ts';
import { scale } from './scenarios/scale.ts';
import { start } from './scenarios/start.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [lone, burst, churn, start, memory, scale, fleet, growth];
