import type { Job } from './deliver.ts';
import type { Verdict } from './outcome.ts';
import type { Candidate } from './release.ts';

/** nginx's configuration is read while the candidate is written, and `meanwhile` is done while nginx tests it. */
export async function stageAndTest(
  { pipeline: { releases, gateway }, files, view, indexes, watch }: Job,
  meanwhile: (candidate: Candidate) => Promise<void>,
  signal: AbortSignal,
): Promise<{ candidate: Candidate; verdict: Verdict }> {
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
