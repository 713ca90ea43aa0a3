import type { Proof, Running } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';

/** How nginx is reached: what it runs, and how it is made to run something else. */
export interface Control {
  running(signal: AbortSignal): Promise<Running>;
  reload(digest: string, signal: AbortSignal): Promise<Proof>;
}

export interface ControlOptions {
  readonly ask: string;
  readonly proofTimeout: number;
  readonly clock: Clock;
}
