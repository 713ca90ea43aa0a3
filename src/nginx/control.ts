import type { Proof, Running } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Release } from '../pipeline/release.ts';

/** How nginx is reached: what it runs, and how it is made to run something else. */
export interface Control {
  running(signal: AbortSignal): Promise<Running>;
  reload(release: Release, signal: AbortSignal): Promise<Proof>;
  /** Waits for workers to take a release by themselves. Undefined where they cannot: it takes a reload. */
  follow(release: Release, signal: AbortSignal): Promise<Proof | undefined>;
}

export interface ControlOptions {
  /** Where its workers answer; it may move. */
  readonly proof: { readonly ask: string };
  readonly proofTimeout: number;
  readonly clock: Clock;
  /** The pid of the nginx that upsync itself runs, where it does. */
  readonly child?: () => number | undefined;
  /** What else is not as it should be with a master that runs. */
  readonly examine?: (master: number, signal: AbortSignal) => Promise<Problem | undefined>;
}
