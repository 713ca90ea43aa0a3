import { type Assembly, assemble, follow, wayFor } from '../assemble.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../pipeline/clock.ts';
import { queriesOf, upstreamsOf } from '../pipeline/discover.ts';
import type { Event } from '../pipeline/event.ts';
import { few } from '../pipeline/few.ts';
import { freshMemory, type Memory } from '../pipeline/memory.ts';
import { observe } from '../pipeline/observe.ts';
import type { Notice } from '../pipeline/outcome.ts';
import type { Mode, Pipeline } from '../pipeline/pipeline.ts';
import type { Feed } from '../pipeline/ports.ts';
import { ProblemError } from '../pipeline/problem.ts';
import { type Quiescence, quiescence } from '../pipeline/quiescence.ts';
import { type Pass, reconcile } from '../pipeline/reconcile.ts';
import { recover } from '../pipeline/recover.ts';
import { shareFeed } from '../pipeline/share-feed.ts';
import { acquireLock, type Lock, TakenError } from '../release/lock.ts';
import { privatePlace } from '../release/private-place.ts';
import { createLog } from '../report/log.ts';
import { createWriter } from '../report/logger.ts';
import { assembleUnits } from '../units.ts';
import type { Io, OnceOptions } from './io.ts';
import { exitCodeOf, presentJson, presentText } from './present-pass.ts';

/**
 * One pass. A dry run stages in a private folder that goes with it; it writes nothing to the output and
 * signals nobody. `apply` works as the daemon does; `seed` asks nobody and takes what the last release knew.
 */
export async function runOnce(config: Config, options: OnceOptions, io: Io): Promise<number> {
  // Beside text for a person the log is text too, wherever it goes.
  const format = config.log.format === 'auto' && !options.json ? 'pretty' : config.log.format;
  const log = createLog(await createWriter({ ...config.log, format }, io.stderr, io.env), systemClock);
  const report = (event: Event) => {
    if (isProgress(event)) log(event);
  };
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  const bell = quiescence(config.plan.wait, systemClock);
  const way = await wayFor(config, signal);
  const locked = options.apply ? await lock(config.output, options) : undefined;
  await using place = locked ?? (await privatePlace('upsync-once-'));
  try {
    const onChange = () => {
      bell.change();
      units.change();
    };
    const feeds = options.seed ? () => silentFeed : shareFeed(follow(config, report, onChange, signal));
    const pipeline = assemble(config, { ...place, way, report, feed: feeds() });
    // Where nobody is asked there is nothing new for them.
    const asked = options.seed ? { ...config, units: [] } : config;
    const units = assembleUnits(asked, { ...place, report, feeds });
    const mode = options.apply ? 'apply' : 'dry';
    const others = Promise.all(
      units.all.map(
        async (unit) => [unit.name, await settle(unit.pipeline, mode, unit.bell, signal)] as const,
      ),
    );
    const pass = !options.seed
      ? (await Promise.all([settle(pipeline, mode, bell, signal), others]))[0]
      : locked === undefined
        ? await seeded(pipeline, config.output)
        : await seed(pipeline, signal);
    const passes = { ...pass, units: new Map(await others) };
    io.stdout.write(options.json ? presentJson(passes) : presentText(passes));
    return exitCodeOf(passes, options);
  } finally {
    ended.abort();
  }
}

/** Undefined where there is nothing to seed, since another upsync is at work: `docker compose up` comes again and again. */
async function lock(output: string, { seed }: OnceOptions): Promise<Lock | undefined> {
  try {
    return await acquireLock(output);
  } catch (error) {
    if (seed && error instanceof TakenError) return undefined;
    throw error;
  }
}

/** Leaves to the upsync that is at work what it has published: it is what nginx needs to start. */
async function seeded({ releases, clock }: Assembly, output: string): Promise<Pass> {
  const release = await releases.live();
  if (release === undefined) throw new TakenError(output);
  const outcome = { kind: 'unchanged', release } as const;
  return { outcome, notices: [], memory: freshMemory(clock.now()), wakeAt: undefined };
}

/** Templates that ask for more than upstreams have no answer: then nginx starts with what there is already. */
async function seed(pipeline: Assembly, signal: AbortSignal): Promise<Pass> {
  const hasty = { ...pipeline, plan: { ...pipeline.plan, startTimeout: 0 } };
  const pass = await reconcile(hasty, freshMemory(pipeline.clock.now()), 'apply', signal);
  const release = await pipeline.releases.live();
  if (pass.outcome.kind !== 'lacking' || release === undefined) return unasked(pass);
  return unasked({ ...pass, outcome: { kind: 'unchanged', release } });
}

/** Passes until one neither waits for Consul nor, where it is applied, holds anything back for a while. */
async function settle(pipeline: Pipeline, mode: Mode, bell: Quiescence, signal: AbortSignal): Promise<Pass> {
  const { plan, feed, clock, report } = pipeline;
  feed.want(queriesOf(plan, plan.upstreams));
  if (mode === 'apply') await recover(pipeline, signal);
  let memory = freshMemory(clock.now());
  const deadline = memory.startedAt + plan.startTimeout;
  bell.nudge();
  for (let wakeAt: number | undefined; ; ) {
    const isEarly = clock.now() < deadline;
    await bell.next(isEarly ? Math.min(wakeAt ?? deadline, deadline) : wakeAt, signal);
    if (signal.aborted) throw new ProblemError({ what: 'stopped before it was done' });
    if (clock.now() >= deadline) refuseUnanswered(pipeline);
    const pass = await reconcile(pipeline, memory, mode, signal);
    const holds = pass.notices.filter(({ kind }) => kind === 'held');
    report({ type: 'reconciled', outcome: pass.outcome, notices: mode === 'apply' ? holds : [] });
    const isLacking = pass.outcome.kind === 'lacking';
    if (mode === 'dry' && holds.length > 0 && !isLacking) return pastGrace(pipeline, memory, holds, signal);
    if ((isLacking && clock.now() >= deadline) || !isWaiting(pass, mode)) return pass;
    ({ memory, wakeAt } = pass);
    bell.skipQuiet();
    if (pass.outcome.kind === 'superseded') bell.nudge();
  }
}

/** What the daemon would do once the grace period is over, and that it would wait for that. */
async function pastGrace(
  pipeline: Pipeline,
  memory: Memory,
  holds: readonly Notice[],
  signal: AbortSignal,
): Promise<Pass> {
  const { plan } = pipeline;
  const patient = { ...pipeline, plan: { ...plan, guard: { ...plan.guard, grace: 0 } } };
  const pass = await reconcile(patient, memory, 'dry', signal);
  return { ...pass, notices: [...holds, ...pass.notices.filter(({ kind }) => kind !== 'lost')] };
}

function isWaiting({ outcome, notices }: Pass, mode: Mode): boolean {
  if (['waiting', 'lacking', 'superseded'].includes(outcome.kind)) return true;
  return mode === 'apply' && (outcome.kind === 'held' || notices.some(({ kind }) => kind === 'held'));
}

function refuseUnanswered({ plan, feed }: Pipeline): void {
  const { upstreams, isKnown } = upstreamsOf(plan, feed.snapshot(), undefined);
  const observed = observe(upstreams, plan.admission, feed.snapshot());
  const services = observed.filter(({ answered }) => !answered).map((one) => one.plan.service);
  const missing = [...(isKnown ? [] : ['the catalog']), ...services];
  if (missing.length === 0) return;
  throw new ProblemError({
    what: `Consul has not answered for ${few(missing)} within ${plan.startTimeout / 1000} s`,
    remedy: 'see the warnings above; --once --apply --seed needs no Consul',
  });
}

/** Consul was not asked, so that it has not answered is no news. */
function unasked(pass: Pass): Pass {
  const notices = pass.notices.map((notice) =>
    notice.kind === 'missing' ? ({ ...notice, kind: 'seeded' } as const) : notice,
  );
  return { ...pass, notices };
}

function isLacking(event: Event): boolean {
  return event.type === 'reconciled' && event.outcome.kind === 'lacking';
}

/** What a person wants to see while it takes long. The result is printed in the end. */
function isProgress(event: Event): boolean {
  // What its pass came to is printed in the end too.
  if (event.type === 'unit') return event.event.type === 'problem' || isLacking(event.event);
  if (event.type === 'reconciled') {
    const { kind } = event.outcome;
    return kind === 'waiting' || kind === 'lacking' || event.notices.length > 0;
  }
  return ['queryFailed', 'problem', 'replaced'].includes(event.type);
}

const silentFeed: Feed = { want: () => undefined, snapshot: () => new Map() };
