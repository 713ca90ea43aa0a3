import type { Job } from './deliver.ts';
import { peersFile } from './peers.ts';
import type { Candidate } from './release.ts';

/**
 * Makes links of the candidate's destinations outside of the managed folder (outside.ts). They lead to the live release;
 * where none is, one without a file of ours comes first. If nginx does not take that, it cannot start now: nothing is
 * there to be kept up, and the links come with the release itself. Gives the job with what is live then.
 */
export async function takeOver(job: Job, candidate: Candidate, signal: AbortSignal): Promise<Job> {
  const { releases, gateway } = job.pipeline;
  if (await releases.adopt(candidate)) return job;
  const view = { upstreams: [], routes: [], leftOut: [] };
  // By push even that must be able to say that it runs.
  const files = job.files.some(({ part }) => part === 'peers') ? [peersFile(view, '')] : [];
  const nothing = await releases.stage(files, view);
  if ((await gateway.test(nothing, signal)).kind === 'refused') {
    await releases.discard(nothing);
    return job;
  }
  await releases.seal(nothing);
  const live = await releases.publish(nothing);
  await releases.adopt(candidate);
  return { ...job, live };
}
