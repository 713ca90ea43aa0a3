import type { Config } from './config/config.ts';
import { createFeed } from './consul/feed.ts';
import { createFleet, type Fleet } from './consul/fleet.ts';
import { createResolver } from './dns/resolver.ts';
import { createGateway } from './nginx/gateway.ts';
import { proofPlace } from './nginx/proof-place.ts';
import { chooseWay } from './nginx/way.ts';
import { closedToNewWorkers } from './nginx/worker-user.ts';
import { systemClock } from './pipeline/clock.ts';
import type { Report } from './pipeline/event.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Feed } from './pipeline/ports.ts';
import { sentence } from './pipeline/problem.ts';
import type { FindBarred } from './pipeline/rights.ts';
import type { Way } from './pipeline/way.ts';
import { luaFor } from './release/lua-code.ts';
import { firstBarred } from './release/readable.ts';
import { createReleases } from './release/store.ts';
import type { Registry } from './template/asking.ts';
import { keepingKeys } from './template/kept-keys.ts';
import { createTemplates, type ReloadableTemplates } from './template/templates.ts';
import { version } from './version.ts';

export interface Assembly extends Pipeline {
  readonly templates: ReloadableTemplates;
}

export interface AssemblyOptions {
  /** How changes reach nginx, as `wayFor` found it. */
  readonly way: Way;
  /** Private folder for candidates that will not be published. */
  readonly staging?: string;
  readonly assertHeld: () => Promise<void>;
  readonly report: Report;
  readonly feed: Feed;
  /** What of a candidate workers may not read, where not even a test should pass. */
  readonly find?: FindBarred;
  /** The pid of the nginx that upsync itself runs, where it does. */
  readonly child?: (() => number | undefined) | undefined;
}

/** How changes are to reach nginx. Throws ProblemError where it cannot do what the configuration asks for. */
export async function wayFor({ nginx, output, plan }: Config, signal: AbortSignal): Promise<Way> {
  // Lua balances in http alone.
  const http = plan.upstreams.filter(({ protocol }) => protocol === 'http');
  const balances = new Map(http.map(({ name, balance }) => [name, balance]));
  if (plan.discover !== undefined) balances.set('what is discovered', plan.discover.settings.balance);
  const way = await chooseWay({ ...nginx, output, balances }, signal);
  if (way.kind === 'reload' || nginx.via === 'push') return way;
  const closed = await closedToNewWorkers({ ...nginx, output, find: finderFor(output) }, signal);
  return closed === undefined ? way : { kind: 'reload', why: sentence(closed) };
}

const finderFor =
  (output: string): FindBarred =>
  (reader, release) =>
    firstBarred(output, reader, release);

/** The adapters that a configuration asks for, behind the pipeline's ports. */
export function assemble(
  config: Config,
  { way, staging, assertHeld, report, feed, find = finderFor(config.output), child }: AssemblyOptions,
): Assembly {
  const { output, nginx, plan } = config;
  const clock = systemClock;
  const proof = proofPlace(nginx.proof, output);
  const lua = way.kind === 'push' ? { ...luaFor(output, way.isTold), find } : undefined;
  return {
    plan,
    feed,
    clock,
    report,
    templates: keepingKeys(
      createTemplates(config.templates, {
        gateway: config.gateway,
        proof,
        balancer: lua?.balancer,
        registry: registryOf(config),
        report,
        clock,
      }),
      clock,
    ),
    gateway: createGateway(
      { ...nginx, output, gateway: config.gateway, proof, lua, ...(child === undefined ? {} : { child }) },
      clock,
    ),
    releases: createReleases({
      output,
      proof,
      lua,
      version,
      clock,
      report,
      assertLocked: assertHeld,
      ...(staging === undefined ? {} : { staging }),
    }),
  };
}

/** What templates may see besides the view. */
export function registryOf({ plan, consul, environment }: Config): Registry {
  return { admission: plan.admission, datacenter: consul.datacenter, environment };
}

/** A feed that follows what the configuration names. `onChange` is called after each change of an answer. */
export function follow({ consul }: Config, report: Report, onChange: () => void, signal: AbortSignal): Feed {
  const context = { clock: systemClock, report, onChange };
  const feeds = [createFeed(consul, context, signal), createResolver(context, signal)];
  return {
    want(queries, before) {
      for (const feed of feeds) feed.want(queries, before);
    },
    snapshot: () => new Map(feeds.flatMap((feed) => [...feed.snapshot()])),
  };
}

/** The turns that reloads take, where there is a fleet. `onChange` is called when a turn that was waited for has come. */
export function takeTurns({ consul, plan }: Config, report: Report, onChange: () => void): Fleet | undefined {
  return plan.fleet && createFleet(consul, plan.fleet, { clock: systemClock, report, onChange });
}
