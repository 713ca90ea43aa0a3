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
  const testing = Promise.allSettled([gateway.test(staging, signal)]);
  const [staged] = await Promise.allSettled([staging]);
  if (staged.status === 'rejected') {
    await testing;
    throw staged.reason;
  }
  const candidate = staged.value;
  watch.to('test');
  // Each to its end, or one would go on in a folder that is discarded.
  const [done] = await Promise.allSettled([meanwhile(candidate)]);
  const [tested] = await testing;
  if (tested.status === 'fulfilled' && done.status === 'fulfilled')
    return { candidate, verdict: tested.value };
  await releases.discard(candidate);
  throw tested.status === 'rejected' ? tested.reason : done.status === 'rejected' && done.reason;
}

/** A refusal, or what was stopped. */
export function rejected(verdict: Verdict): Outcome {
  const problems =
    verdict.kind === 'refused' ? verdict.problems : [{ what: 'stopped before it was published' }];
  return { kind: 'rejected', stage: 'test', problems };
}
