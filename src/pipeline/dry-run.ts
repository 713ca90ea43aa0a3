import { attempt, rejected } from './attempt.ts';
import { changesBetween } from './changes.ts';
import type { Job } from './deliver.ts';
import type { Outcome } from './outcome.ts';

/** stage → test, and what would change. */
export async function dryRun(job: Job, signal: AbortSignal): Promise<Outcome> {
  const { releases } = job.pipeline;
  await using trying = attempt(job, async () => {}, signal);
  const { candidate, verdict } = await trying.tested();
  const steps = job.watch.stop();
  const files = await releases.diff(candidate, job.live);
  if (verdict.kind === 'refused') return rejected(verdict);
  const changes = changesBetween(job.live?.view, job.view, job.observed);
  return { kind: 'accepted', changes, files, warnings: verdict.warnings, steps };
}
