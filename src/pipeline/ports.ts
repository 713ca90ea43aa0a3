import type { Notice, Proof, Running, Verdict } from './outcome.ts';
import type { Problem } from './problem.ts';
import type { Query } from './query.ts';
import type { Candidate, File, FileDiff, Release } from './release.ts';
import type { Indexes, Snapshot } from './snapshot.ts';
import type { View } from './view.ts';

/** Consul: follows the queries that are wanted and keeps the last good answer of each. */
export interface Feed {
  /**
   * Replaces the set of followed queries; those that stay keep their answers. `before`: under which index an upsync
   * before this one saw something, for those that are new now or later.
   */
  want(queries: readonly Query[], before?: Indexes): void;
  snapshot(): Snapshot;
}

/** `used`: what the templates asked for besides the view, to be followed on. */
export type Rendered = { readonly used: readonly Query[] } & (
  | {
      readonly kind: 'files';
      readonly files: readonly File[];
      /** What was left out of what they asked for. */
      readonly leftOut: readonly Notice[];
    }
  /** It is not there, or not answered yet: in words, such as `key app/port`. */
  | { readonly kind: 'waiting'; readonly missing: readonly string[] }
  | { readonly kind: 'problem'; readonly problem: Problem }
);

export interface Templates {
  /** With the newest templates; while those are put aside, with the last that nginx took. */
  render(view: View, snapshot: Snapshot): Rendered;
  /**
   * nginx took what was rendered last, or why not. Templates that it did not take are put aside, if there are others
   * that it took before: true then, and the next rendering is theirs.
   */
  judge(refusal: Problem | undefined): boolean;
  /**
   * Why the newest templates are put aside, or the newest texts of keys, and when they are tried again (ms since the epoch)
   * if they do not change.
   */
  aside(): { readonly of?: 'keys'; readonly problem: Problem; readonly until?: number } | undefined;
}

/** The managed folder on disk. */
export interface Releases {
  /** The release that `current` names. */
  live(): Promise<Release | undefined>;
  /** The release that nginx was last seen to run. */
  proven(): Promise<Release | undefined>;
  /** The digest that these files will have as a release. */
  digest(files: readonly File[]): string;
  /** Likewise its structure. */
  structure(files: readonly File[]): string;
  /** Writes a candidate, for nginx to read. */
  stage(files: readonly File[], view: View, indexes?: Indexes): Promise<Candidate>;
  /** Waits until the disk has all of a candidate. */
  seal(candidate: Candidate): Promise<void>;
  /** What keeps files of a candidate from coming to lie outside of the managed folder. */
  obstacles(candidate: Candidate): Promise<readonly Problem[]>;
  /**
   * Makes links of those destinations of a candidate, outside of the managed folder, that are none yet. nginx reads there
   * what it did before, which the live release holds from then on. False where it would have to, and none is live.
   */
  adopt(candidate: Candidate): Promise<boolean>;
  /** Removes a candidate, unless `current` or `proven` names it. */
  discard(candidate: Candidate): Promise<void>;
  /** Points `current` at a sealed candidate, in one atomic switch; throws ProblemError where the lock is lost or the disk refuses. */
  publish(candidate: Candidate): Promise<Release>;
  /** Points `current` back at `to`, or takes the managed links away where there is none. */
  rollBack(to: Release | undefined): Promise<void>;
  /** And takes links away that lead to it and that it has no file for. */
  markProven(release: Release): Promise<void>;
  /** Makes the links that nginx includes again, where a crash or somebody took them away. */
  mend(): Promise<void>;
  /** Whether nginx would start with what was published last; what is wrong there, otherwise. */
  damage(): Promise<Problem | undefined>;
  /** Removes old releases and what a killed process left half done, while nothing is staged. Never rejects. */
  tidy(): Promise<void>;
  /** Keeps a view whose files are those of the live release, and indexes that went backwards. */
  remember(view: View, indexes: Indexes): Promise<void>;
  diff(candidate: Candidate, live: Release | undefined): Promise<readonly FileDiff[]>;
}

/** nginx. */
export interface Gateway {
  /** Never rejects: what keeps nginx from being found is part of the answer. */
  running(signal: AbortSignal): Promise<Running>;
  /**
   * Makes sure that what the next release listens on is nginx's own or nobody's, and tells what was in the
   * way. `live` is the release that `current` names. Never rejects.
   */
  settle(live: Release | undefined, signal: AbortSignal): Promise<Problem | undefined>;
  /**
   * Tests nginx's whole configuration with the candidate in place of the managed folder. Leaves nothing behind. The
   * candidate may still be being written: nginx's own configuration is read meanwhile.
   */
  test(candidate: Candidate | Promise<Candidate>, signal: AbortSignal): Promise<Verdict>;
  /** Makes nginx run a published release, and proves it. */
  apply(release: Release, signal: AbortSignal): Promise<Proof>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
