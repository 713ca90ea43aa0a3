import type { Report } from './event.ts';
import type { Plan } from './plan.ts';
import type { Clock, Feed, Gateway, Releases, Templates } from './ports.ts';
import type { Turn } from './turn.ts';

/** What a pass works with. */
export interface Pipeline {
  readonly plan: Plan;
  readonly feed: Feed;
  readonly templates: Templates;
  readonly releases: Releases;
  readonly gateway: Gateway;
  /** Where reloads take turns with other gateways'. */
  readonly turn?: Turn;
  readonly clock: Clock;
  readonly report: Report;
}

/** `dry` ends after the test: it publishes nothing and signals nobody. */
export type Mode = 'apply' | 'dry';
