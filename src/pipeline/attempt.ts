import type { Job } from './deliver.ts';
import type { Outcome, Verdict } from './outcome.ts';
import type { Candidate } from './release.ts';

interface Tested {
  readonly candidate: Candidate;
  readonly verdict: Verdict;
}

/** A candidate on its way. It is discarded in the end, unless it was published. */
interface Attempt extends AsyncDisposable {
  /** stage → test, once: whoever asks again gets the same. */
  tested(): Promise<Tested>;
  keep(): void;
}

/** `meanwhile` is done while nginx tests it. */
export function attempt(
  job: Job,
  meanwhile: (candidate: Candidate) => Promise<void>,
  signal: AbortSignal,
): Attempt {
  let tested: Promise<Tested> | undefined;
  let kept = false;
  return {
    tested() {
      tested ??= stageAndTest(job, meanwhile, signal);
      // Whoever began it may come to await something else first.
      tested.catch(() => undefined);
      return tested;
    },
    keep() {
      kept = true;
    },
    async [Symbol.asyncDispose]() {
      const done = await tested?.catch(() => undefined);
      if (done !== undefined && !kept) await job.pipeline.releases.discard(done.candidate);
    },
  };
}

/** nginx's configuration is read while the candidate is written, and `meanwhile` is done while nginx tests it. */
async function stageAndTest(
  { pipeline: { releases, gateway }, files, view, indexes, watch }: Job,
  meanwhile: (candidate: Candidate) => Promise<void>,
  signal: AbortSignal,
): Promise<Tested> {
  watch.to('stage');
  const staging = releases.stage(files, view, indexes);
  const testing = gateway.test(staging, signal);
  // It may end before anybody waits for it.
  testing.catch(() => undefined);
  const [staged] = await Promise.allSettled([staging]);
  if (staged.status === 'rejected') {
    await Promise.allSettled([testing]);
    throw staged.reason;
  }
  const candidate = staged.value;
  watch.to('test');
  const parts = [testing, releases.obstacles(candidate), meanwhile(candidate)] as const;
  // Each to its end, or one would go on in a folder that is discarded.
  await Promise.allSettled(parts);
  try {
    const [verdict, obstacles] = await Promise.all(parts);
    return {
      candidate,
      verdict: obstacles.length === 0 ? verdict : { kind: 'refused', problems: obstacles },
    };
  } catch (error) {
    await releases.discard(candidate);
    throw error;
  }
}

/** A refusal, or what was stopped. */
export function rejected(verdict: Verdict): Outcome {
  const problems =
    verdict.kind === 'refused' ? verdict.problems : [{ what: 'stopped before it was published' }];
  return { kind: 'rejected', stage: 'test', problems };
}
