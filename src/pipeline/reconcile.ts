import { byDiscovery, thatAre } from './by-discovery.ts';
import { deliver } from './deliver.ts';
import { queriesOf, upstreamsOf } from './discover.ts';
import { dryRun } from './dry-run.ts';
import { guard } from './guard.ts';
import { type Memory, remember } from './memory.ts';
import { type Observation, observe } from './observe.ts';
import type { Notice, Outcome } from './outcome.ts';
import type { Mode, Pipeline } from './pipeline.ts';
import type { Templates } from './ports.ts';
import { type Problem, problemOf, sentence } from './problem.ts';
import { cleared, dueOf, inEffect, movedByDiscovery, putOffMore, testsInPass } from './put-off.ts';
import { distinct } from './query.ts';
import { indexesOf } from './snapshot.ts';
import { stopwatch } from './stopwatch.ts';

export interface Pass {
  readonly outcome: Outcome;
  readonly notices: readonly Notice[];
  readonly memory: Memory;
  /** When to look again though nothing happens, in ms since the epoch. */
  readonly wakeAt: number | undefined;
}

/** What was put off by mistake is tried again this soon at the latest, in ms. */
const clearedPulse = 4000;

/** Who waits is asked about it this often, in ms. */
const waitingPulse = 1000;

/**
 * One pass along the line that every change travels:
 * view → guard → render → stage → test → publish → apply → prove.
 * What came or went by discovery and is refused is put off within the pass: `tests` counts the tries.
 * It works from the newest snapshot and awaits nobody but the disk and nginx, and in a fleet Consul for a moment.
 */
export async function reconcile(
  pipeline: Pipeline,
  memory: Memory,
  mode: Mode,
  signal: AbortSignal,
  tests = 1,
): Promise<Pass> {
  const { plan, feed, templates, releases, gateway, turn, clock, report } = pipeline;
  const now = clock.now();
  const snapshot = feed.snapshot();

  const all = upstreamsOf(plan, snapshot, (await releases.live())?.view ?? memory.view);
  const heard = observe(all.upstreams, plan.admission, snapshot);
  const lookUps = heard.flatMap((one) => one.lookUps);
  // Once a pass was made, a host name that is not looked up yet is waited for by its own instance alone, and what was
  // discovered since by nobody else.
  const isMissing = ({ answered, isPending, plan: { discovered } }: Observation) =>
    memory.begun ? !answered && discovered !== true : !answered || isPending;
  const missing = [
    ...(all.isKnown || memory.begun ? [] : ['the catalog']),
    ...heard.filter(isMissing).map((one) => one.plan.service),
  ];
  const deadline = memory.startedAt + plan.startTimeout;
  if (missing.length > 0 && now < deadline) {
    // There is a pass for each first answer: what is followed already need not be said each time.
    if (lookUps.length > 0 || plan.discover !== undefined)
      feed.want([...queriesOf(plan, all.upstreams), ...(memory.used ?? []), ...lookUps]);
    const outcome: Outcome = { kind: 'waiting', missing, since: memory.startedAt, until: deadline };
    return { outcome, notices: [], memory, wakeAt: Math.min(deadline, now + waitingPulse) };
  }

  const watch = stopwatch(clock, report);
  const found = await releases.damage();
  const live = await releases.live();
  // Taken away between these two looks: it is said as well.
  const damage = found ?? (live === undefined ? await releases.damage() : undefined);
  if (damage !== undefined && memory.isDamaged !== true) report({ type: 'problem', problem: damage });
  const inTheWay = await gateway.settle(live, signal);
  if (inTheWay !== undefined) report({ type: 'problem', problem: inTheWay });
  const before = live?.view ?? memory.view;
  const putOff = tests === 1 ? inEffect(memory.putOff, now) : memory.putOff;
  const observed = thatAre(heard, before);
  const guarded = guard(observed, before, snapshot, plan, memory.holds, now);
  const { view, notices, holds, wants, wakeAt } = byDiscovery(guarded, observed, all, before, putOff);
  const rendered = templates.render(view, snapshot);
  // What failed to render has not come to ask for all of it.
  const used =
    rendered.kind === 'files' ? rendered.used : distinct([...(memory.used ?? []), ...rendered.used]);
  feed.want([...queriesOf(plan, all.upstreams), ...lookUps, ...wants, ...used]);

  const pass = async (outcome: Outcome, digest: string): Promise<Pass> => {
    // Whatever somebody registered must not keep the changes of others from nginx.
    const moved =
      outcome.kind === 'rejected' && !signal.aborted ? movedByDiscovery(before, view, putOff) : [];
    if (outcome.kind === 'rejected' && moved.length > 0 && tests < testsInPass) {
      const more = putOffMore(memory.putOff, moved, outcome.problems, tests, clock.now());
      const without = await reconcile(pipeline, { ...memory, putOff: more }, mode, signal, tests + 1);
      const until = refusedUntil(without, clock.now());
      if (until === undefined) return without;
      const known = cleared(without.memory.putOff, memory.putOff, moved, until);
      return {
        ...without,
        memory: { ...without.memory, putOff: known },
        wakeAt: earliest(without.wakeAt, until),
      };
    }
    const end = clock.now();
    // However it ended: nobody has a place who does not reload.
    if (!isOnItsWay(outcome)) turn?.give();
    const isGiven = outcome.kind === 'published' || outcome.kind === 'unchanged';
    const isDamaged = damage !== undefined && !isGiven;
    const given = isGiven ? { view, putOff } : {};
    const noted = { ...memory, holds, begun: true, isDamaged, used, ...given };
    const next = remember(noted, digest, outcome, end);
    const retry = next.barred !== undefined && next.barred.until > end ? next.barred.until : undefined;
    const again = isJudged(outcome) && templates.judge(refusalOf(outcome)) ? end : undefined;
    const aside = templates.aside();
    return {
      outcome,
      notices: [
        ...notices,
        ...(rendered.kind === 'files' ? rendered.leftOut : []),
        ...(aside === undefined ? [] : [asideNotice(aside)]),
      ],
      memory: next,
      wakeAt: earliest(
        wakeAt,
        dueOf(putOff, isGiven ? 0 : end),
        retry,
        untilOf(outcome, end),
        again,
        aside?.until,
      ),
    };
  };

  if (rendered.kind === 'problem') {
    return pass({ kind: 'rejected', stage: 'render', problems: [rendered.problem] }, '');
  }
  if (rendered.kind === 'waiting') {
    return pass({ kind: 'lacking', missing: rendered.missing, since: memory.lackingSince ?? now }, '');
  }

  const digest = releases.digest(rendered.files);
  const { files } = rendered;
  const indexes = indexesOf(snapshot);
  const job = { pipeline, memory, view, observed, snapshot, indexes, files, digest, live, watch };
  try {
    return await pass(await (mode === 'dry' ? dryRun(job, signal) : deliver(job, signal)), digest);
  } catch (error) {
    return pass({ kind: 'failed', step: watch.step, problem: problemOf(error) }, digest);
  }
}

/** Whether nginx had its say about what was rendered. */
function isJudged({ kind }: Outcome): boolean {
  return kind !== 'failed' && kind !== 'held' && kind !== 'superseded' && kind !== 'lacking';
}

/** Where nginx takes nothing, or took nothing a moment ago: when it is asked again. */
function refusedUntil({ outcome, memory: { barred } }: Pass, now: number): number | undefined {
  const isHeld = outcome.kind === 'held' && barred !== undefined && barred.until > now;
  if (outcome.kind !== 'rejected' && !isHeld) return undefined;
  return Math.min(barred?.until ?? Number.POSITIVE_INFINITY, now + clearedPulse);
}

/** Whether the next pass goes on where this one stopped. */
function isOnItsWay(outcome: Outcome): boolean {
  return outcome.kind === 'superseded' || (outcome.kind === 'held' && outcome.queued === true);
}

/** Why nginx did not take it. What it was seen to run instead changes from time to time, and the reason stays. */
function refusalOf(outcome: Outcome): Problem | undefined {
  if (outcome.kind === 'rejected') return outcome.problems[0];
  return outcome.kind === 'rolledBack' ? { what: 'nginx does not come to run what they make' } : undefined;
}

function asideNotice({ of, problem }: NonNullable<ReturnType<Templates['aside']>>): Notice {
  const reason = `${sentence(problem)}. Those before go on`;
  return { kind: 'aside', ...(of === undefined ? {} : { of }), reason };
}

function untilOf(outcome: Outcome, now: number): number | undefined {
  if (outcome.kind === 'held') return outcome.until;
  // What is not there after a while is told; until then it mostly comes by itself.
  const told = outcome.kind === 'lacking' ? outcome.since + waitingPulse : now;
  return told > now ? told : undefined;
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
