import { join } from 'node:path';
import { type Assembly, registryOf } from './assemble.ts';
import type { Config, UnitConfig } from './config/config.ts';
import { proofServer } from './nginx/proof.ts';
import { systemClock } from './pipeline/clock.ts';
import { queriesOf } from './pipeline/discover.ts';
import type { Event, Report } from './pipeline/event.ts';
import { followReleases } from './pipeline/follow-releases.ts';
import { loop } from './pipeline/loop.ts';
import type { Notice } from './pipeline/outcome.ts';
import type { Plan } from './pipeline/plan.ts';
import type { Feed } from './pipeline/ports.ts';
import { type Quiescence, quiescence } from './pipeline/quiescence.ts';
import { recover } from './pipeline/recover.ts';
import { createProgram } from './programs/gateway.ts';
import { createUnitStore } from './release/unit-store.ts';
import { keepingKeys } from './template/kept-keys.ts';
import { lateTemplates } from './template/late.ts';
import { createTemplates } from './template/templates.ts';
import { watchTemplates } from './template/watch.ts';
import { version } from './version.ts';

/** The files of another program: another run of the same line, with its own templates, releases and commands. */
export interface Unit {
  readonly name: string;
  readonly bell: Quiescence;
  readonly pipeline: Assembly;
  /** Until `signal` aborts, beside nginx's loop and those of other units. */
  run(signal: AbortSignal): Promise<void>;
}

interface UnitOptions {
  /** Private folder for candidates that will not be published. */
  readonly staging?: string;
  readonly assertHeld: () => Promise<void>;
  readonly report: Report;
  readonly feed: Feed;
}

/** All units of a configuration. */
export interface Units {
  readonly all: readonly Unit[];
  readonly names: readonly string[];
  /** Something in the data changed. */
  change(): void;
  /** Each beside the others, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function assembleUnits(
  config: Config,
  { feeds, ...options }: Omit<UnitOptions, 'feed'> & { readonly feeds: () => Feed },
): Units {
  const all = config.units.map((unit) => assembleUnit(unit, config, { ...options, feed: feeds() }));
  return {
    all,
    names: all.map(({ name }) => name),
    change() {
      for (const { bell } of all) bell.change();
    },
    async run(signal) {
      await Promise.all(all.map((unit) => unit.run(signal)));
    },
  };
}

export function assembleUnit(
  { plan: unit, templates: spec, quoting }: UnitConfig,
  config: Config,
  { staging, assertHeld, report: tell, feed }: UnitOptions,
): Unit {
  const { name } = unit;
  const { plan, output, nginx } = config;
  const clock = systemClock;
  const report: Report = (event) => tell({ type: 'unit', unit: name, event: withoutNginx(event, plan) });
  const bell = quiescence(plan.wait, clock);
  // Where an upstream without a server leads, in a template that writes nginx's servers.
  const proof = proofServer(nginx.proof, output);
  const templates = lateTemplates(
    () =>
      keepingKeys(
        createTemplates(spec, { proof, registry: registryOf(config), foreign: { quoting }, report, clock }),
        clock,
      ),
    report,
  );
  const { releases, applied } = createUnitStore({
    output,
    unit,
    version,
    clock,
    report,
    assertLocked: assertHeld,
    ...(staging === undefined ? {} : { staging: join(staging, name) }),
  });
  const gateway = createProgram(unit, applied);
  const pipeline: Assembly = { plan, feed, clock, report, templates, gateway, releases };
  const onTemplates = () => {
    templates.reload();
    bell.nudge();
  };
  return {
    name,
    bell,
    pipeline,
    async run(signal) {
      // What its templates ask for is known once they are rendered, and is recalled then.
      feed.want(queriesOf(plan, plan.upstreams), (await releases.live())?.indexes);
      await recover(pipeline, signal);
      await Promise.all([
        loop(pipeline, bell, signal),
        followReleases(releases, clock, bell.nudge, signal),
        watchTemplates(spec, pipeline, onTemplates, signal),
      ]);
    },
  };
}

/** What is odd about upstreams is the same for all, and is said of nginx: those that were discovered may have any name. */
function withoutNginx(event: Event, { upstreams, discover }: Plan): Event {
  if (event.type !== 'reconciled') return event;
  const isOwn = (notice: Notice) => {
    if (notice.kind !== 'leftOut') return notice.kind === 'aside';
    return discover === undefined && upstreams.every(({ name }) => name !== notice.upstream);
  };
  return { ...event, notices: event.notices.filter(isOwn) };
}
