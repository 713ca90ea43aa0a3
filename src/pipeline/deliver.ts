import { attempt, rejected } from './attempt.ts';
import { changesBetween } from './changes.ts';
import { withLosses } from './keep.ts';
import type { Memory } from './memory.ts';
import type { Observation } from './observe.ts';
import type { Outcome, Proof, Running, UpstreamChange } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';
import type { Problem } from './problem.ts';
import type { File, Release } from './release.ts';
import { type Indexes, isOutdated, type Snapshot } from './snapshot.ts';
import type { Stopwatch } from './stopwatch.ts';
import { takeOver } from './take-over.ts';
import { waitForTurn } from './turn.ts';
import type { View } from './view.ts';

/** A rendered view on its way to nginx. */
export interface Job {
  readonly pipeline: Pipeline;
  readonly memory: Memory;
  readonly view: View;
  readonly observed: readonly Observation[];
  /** What the view was made of. */
  readonly snapshot: Snapshot;
  readonly indexes: Indexes;
  readonly files: readonly File[];
  readonly digest: string;
  /** What `current` names. */
  readonly live: Release | undefined;
  readonly watch: Stopwatch;
}

/** stage → test → publish → apply → prove, as far as it is needed. */
export async function deliver(job: Job, signal: AbortSignal): Promise<Outcome> {
  const { feed, releases, gateway, report } = job.pipeline;
  const { live, digest, view, snapshot, indexes, memory, watch } = job;
  const published = live?.digest === digest ? { ...live, view } : undefined;
  await using trying = attempt(job, (staged) => releases.seal(staged), signal);
  if (published === undefined && isFree(job)) trying.tested();
  // nginx answers while the candidate is on its way. What its workers take by themselves waits for no answer: the proof
  // asks them all.
  const running = isPushed(job) ? undefined : await gateway.running(signal);
  // Asking was broken off, which says nothing of what nginx runs: no reload may come of it.
  signal.throwIfAborted();

  const runs = live !== undefined && running?.kind === 'running' && running.digest === live.digest;
  if (runs) await releases.markProven(live);
  if (live !== undefined)
    await releases.remember(published === undefined ? withLosses(live.view, view) : view, indexes);
  if (published !== undefined) {
    await releases.mend();
    if (runs || running?.kind === 'stopped') return { kind: 'unchanged', release: published };
  }
  const wait = reasonToWait(job, running);
  if (wait !== undefined) return wait;
  // On disk is not in nginx: a release that nginx does not run is applied again.
  if (published !== undefined) return prove(job, published, [], [], signal);

  // Whoever waits for its turn tests nothing until it comes.
  const before = memory.queuedAt === undefined ? undefined : await waitForTurn(job, running, signal);
  if (before?.kind === 'wait') return before.outcome;
  const { candidate, verdict } = await trying.tested();
  if (verdict.kind === 'refused' || signal.aborted) return rejected(verdict);
  if (!memory.superseded && isOutdated(snapshot, feed.snapshot())) return { kind: 'superseded' };
  watch.to('publish');
  // A place is asked for by what will be reloaded for certain, so that nobody has one in vain.
  const turn = await waitForTurn(job, running, signal);
  if (turn?.kind === 'wait') return turn.outcome;
  if (turn !== undefined) report(turn.event);
  const ready = await takeOver(job, candidate, signal);
  const release = await releases.publish(candidate);
  trying.keep();
  const changes = changesBetween(live?.view ?? memory.view, view, job.observed);
  return prove(ready, release, changes, verdict.warnings, signal);
}

/** Whether nginx itself need not read anything anew. */
function isPushed({ pipeline: { releases }, live, digest, files }: Job): boolean {
  return live !== undefined && live.digest !== digest && live.structure === releases.structure(files);
}

/** Whether nothing is known that the files would have to wait for. */
function isFree({ pipeline: { clock }, memory: { barred, held }, digest }: Job): boolean {
  return held !== true && (barred?.digest !== digest || clock.now() >= barred.until);
}

async function prove(
  job: Job,
  release: Release,
  changes: readonly UpstreamChange[],
  warnings: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { releases } = job.pipeline;
  job.watch.to('prove');
  const proof = await applyAndTidy(job, release, signal);
  if (proof.kind === 'proven') await releases.markProven(release);
  if (proof.kind !== 'unproven') {
    return { kind: 'published', release, proof, changes, warnings, steps: job.watch.stop() };
  }
  // Stopped in the middle: what nginx came to run is found out at the next start.
  if (signal.aborted) return { kind: 'failed', step: 'prove', problem: proof.problem };
  return rollBack(job, release, proof.problem, signal);
}

/** Old releases go while nginx hands over, which takes it 100 ms. */
async function applyAndTidy(job: Job, release: Release, signal: AbortSignal): Promise<Proof> {
  const tidying = job.pipeline.releases.tidy();
  try {
    return await apply(job, release, signal);
  } finally {
    await tidying;
  }
}

async function apply(
  { pipeline: { gateway, report } }: Job,
  release: Release,
  signal: AbortSignal,
): Promise<Proof> {
  const proof = await gateway.apply(release, signal);
  // What was broken off says nothing about nginx.
  if (proof.kind !== 'unproven' || !signal.aborted)
    report({
      type: 'applied',
      digest: release.digest,
      proof: proof.kind,
      ...('pushed' in proof ? { pushed: true } : {}),
    });
  return proof;
}

/** Back to the release that nginx was last seen to run, on disk and, where it runs something else, in nginx. */
async function rollBack(job: Job, release: Release, problem: Problem, signal: AbortSignal): Promise<Outcome> {
  const { releases, gateway } = job.pipeline;
  const before = job.live?.folder === release.folder ? undefined : job.live;
  const proven = await releases.proven();
  const to = proven ?? before;
  if (to?.digest === release.digest) return { kind: 'failed', step: 'prove', problem };
  if (to === undefined && !(await canStartWithout(job, signal)))
    return { kind: 'failed', step: 'prove', problem };
  await releases.rollBack(to);
  const running = await gateway.running(signal);
  // Workers with a balancer in Lua that cannot even tell what they run, where those before them could.
  const isPush = release.structure !== release.digest && proven !== undefined;
  const hurt = isPush && running.kind === 'running' && running.digest === undefined;
  if (to !== undefined && running.kind === 'running' && running.digest !== to.digest) {
    const proof = await apply(job, to, signal);
    if (proof.kind === 'unproven') return { kind: 'failed', step: 'prove', problem: proof.problem };
  }
  return { kind: 'rolledBack', release, to, problem, ...(hurt ? { hurt } : {}) };
}

/** Whether nginx would start with none of our upstreams: where its configuration names one, it would not. */
async function canStartWithout(
  { pipeline: { releases, gateway } }: Job,
  signal: AbortSignal,
): Promise<boolean> {
  const nothing = await releases.stage([], { upstreams: [], routes: [], leftOut: [] });
  try {
    return (await gateway.test(nothing, signal)).kind === 'accepted';
  } finally {
    await releases.discard(nothing);
  }
}

/** How long a reload waits at most for old workers to go, in ms: new instances must come to serve some day. */
const drainingPatience = 10_000;

function reasonToWait(
  { pipeline, memory, digest, files }: Job,
  running: Running | undefined,
): Outcome | undefined {
  const { clock, plan, releases } = pipeline;
  const { barred, reloadedAt } = memory;
  const now = clock.now();
  if (barred?.digest === digest && now < barred.until) {
    return {
      kind: 'held',
      why: 'these files failed; they are tried again when they change, or soon',
      until: barred.until,
    };
  }
  const draining = running?.kind === 'running' ? running.draining : 0;
  if (draining < plan.maxDraining || reloadedAt === undefined || now >= reloadedAt + drainingPatience)
    return undefined;
  // What its workers take by themselves leaves no generation behind.
  const structure = running?.kind === 'running' ? running.structure : undefined;
  if (structure !== undefined && structure === releases.structure(files)) return undefined;
  return {
    kind: 'held',
    why: `${draining} generations of old nginx workers are still draining; set worker_shutdown_timeout in nginx.conf`,
    until: Math.min(now + 1000, reloadedAt + drainingPatience),
  };
}
