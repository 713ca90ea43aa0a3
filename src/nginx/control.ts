import type { Proof, Running } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';

/** How nginx is reached: what it runs, and how it is made to run something else. */
export interface Control {
  running(signal: AbortSignal): Promise<Running>;
  reload(digest: string, signal: AbortSignal): Promise<Proof>;
}

export interface ControlOptions {
  /** Where its workers answer; it may move. */
  readonly proof: { readonly ask: string };
  readonly proofTimeout: number;
  readonly clock: Clock;
  /** What else is not as it should be with a master that runs. */
  readonly examine?: (master: number, signal: AbortSignal) => Promise<Problem | undefined>;
}
