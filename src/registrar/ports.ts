import type { Problem } from '../pipeline/problem.ts';
import type { Report } from './check.ts';
import type { Inventory } from './container.ts';
import type { Registered, Service } from './service.ts';

/** Docker. Both throw ProblemError. */
export interface Engine {
  inventory(signal: AbortSignal): Promise<Inventory>;
  /** Ends when `signal` aborts; throws where the stream is lost. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
}

/** None of them says what is: they only say that it is time to look. */
export type EngineEvent =
  /** From here on no event is missed. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'changed' }
  /** `at` is by the engine's clock, in ms since the epoch. */
  | {
      readonly kind: 'signalled';
      readonly container: string;
      readonly signal: number;
      readonly at: number;
    };

/**
 * The Consul agent. Reading throws ProblemError. So does writing where the agent is out of reach; where
 * it answers that it will not have this one write, the problem is returned, so that a bad service keeps
 * none of the good ones back.
 */
export interface Registry {
  /** The agent's own address, as it tells it to others. */
  address(signal: AbortSignal): Promise<string>;
  services(signal: AbortSignal): Promise<readonly Registered[]>;
  register(service: Service, signal: AbortSignal): Promise<Problem | undefined>;
  deregister(id: string, signal: AbortSignal): Promise<Problem | undefined>;
  /** Ends the maintenance without a reason. */
  maintain(id: string, reason: string | undefined, signal: AbortSignal): Promise<Problem | undefined>;
  report(id: string, report: Report, signal: AbortSignal): Promise<Problem | undefined>;
  dropCheck(id: string, signal: AbortSignal): Promise<Problem | undefined>;
}
