import { assemble, wayFor } from '../assemble.ts';
import type { Config, TemplatesConfig } from '../config/config.ts';
import { systemClock } from '../pipeline/clock.ts';
import type { Event } from '../pipeline/event.ts';
import { freshMemory } from '../pipeline/memory.ts';
import type { Verdict } from '../pipeline/outcome.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Feed, Templates } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type Pass, reconcile } from '../pipeline/reconcile.ts';
import type { File, Release } from '../pipeline/release.ts';
import type { PrivatePlace } from '../release/private-place.ts';
import { attempt, resultOf } from './finding.ts';

/** How long it is waited for what templates ask for, in ms. */
const patience = 5_000;

/** A dry run with what Consul says now, and a test of what nginx has already. */
export async function tryOut(config: Config, place: PrivatePlace, feed: Feed, signal: AbortSignal) {
  const problems: Problem[] = [];
  const report = (event: Event) => {
    if (event.type === 'problem') problems.push(event.problem);
  };
  const chosen = await attempt(() => wayFor(config, signal), signal);
  // All else can be looked at where nginx cannot do what it is asked for.
  const way = resultOf(chosen) ?? { kind: 'reload' as const };
  const make = (templates: TemplatesConfig) =>
    assemble({ ...config, templates }, { ...place, way, report, feed, find: untold });
  const made = await attempt(() => make(config.templates), signal);
  // nginx and the folder can be looked at with broken templates too.
  const pipeline = resultOf(made) ?? make({ kind: 'builtin' });
  const live = await pipeline.releases.live();
  const present = await attempt(() => testPresent(pipeline, live, signal), signal);
  const running = await pipeline.gateway.running(signal);
  signal.throwIfAborted();

  let files: readonly File[] = [];
  const templates: Templates = {
    ...pipeline.templates,
    render(view, snapshot) {
      const rendered = pipeline.templates.render(view, snapshot);
      if (rendered.kind === 'files') files = rendered.files;
      return rendered;
    },
  };
  const plan = { ...config.plan, startTimeout: 0 };
  const pass = await attempt(() => dryPass({ ...pipeline, plan, templates }, signal), signal);
  const notices = resultOf(pass)?.notices ?? [];
  if ('problem' in made)
    return { chosen, live, running, present, dryRun: made, files: [], notices, problems };
  const dryRun = 'problem' in pass ? pass : { value: pass.value.outcome };
  return { chosen, live, running, present, dryRun, files, notices, problems };
}

/** What templates ask for is known once they are rendered, and answered a little later. */
async function dryPass(pipeline: Pipeline, signal: AbortSignal): Promise<Pass> {
  const deadline = systemClock.now() + patience;
  for (let memory = freshMemory(systemClock.now()); ; ) {
    const pass = await reconcile(pipeline, memory, 'dry', signal);
    if (pass.outcome.kind !== 'lacking' || systemClock.now() >= deadline) return pass;
    ({ memory } = pass);
    await systemClock.sleep(100, signal);
    signal.throwIfAborted();
  }
}

/** What workers may not read is looked at by itself. */
const untold = async () => undefined;

/** nginx's configuration as nginx would read it if it started now. */
async function testPresent(
  { releases, gateway }: Pipeline,
  live: Release | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  if (live !== undefined) return gateway.test(live, signal);
  const nothing = await releases.stage([], { upstreams: [], routes: [], leftOut: [] });
  return gateway.test(nothing, signal);
}
