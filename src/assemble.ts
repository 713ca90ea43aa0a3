import type { Config } from './config/config.ts';
import { createFeed } from './consul/feed.ts';
import { createResolver } from './dns/resolver.ts';
import { createGateway } from './nginx/gateway.ts';
import { proofPlace } from './nginx/proof-place.ts';
import { chooseWay } from './nginx/way.ts';
import { systemClock } from './pipeline/clock.ts';
import type { Report } from './pipeline/event.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Feed } from './pipeline/ports.ts';
import type { Way } from './pipeline/way.ts';
import { luaFor } from './release/lua-code.ts';
import { createReleases } from './release/store.ts';
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
}

/** How changes are to reach nginx. Throws ProblemError where it cannot do what the configuration asks for. */
export function wayFor({ nginx, output, plan }: Config, signal: AbortSignal): Promise<Way> {
  const balances = new Map(plan.upstreams.map(({ name, balance }) => [name, balance]));
  return chooseWay({ ...nginx, output, balances }, signal);
}

/** The adapters that a configuration asks for, behind the pipeline's ports. */
export function assemble(
  config: Config,
  { way, staging, assertHeld, report, feed }: AssemblyOptions,
): Assembly {
  const { output, nginx, plan } = config;
  const clock = systemClock;
  const proof = proofPlace(nginx.proof, output);
  const lua = way.kind === 'push' ? luaFor(output, way.isTold) : undefined;
  return {
    plan,
    feed,
    clock,
    report,
    templates: createTemplates(config.templates, { proof, balancer: lua?.balancer, report, clock }),
    gateway: createGateway({ ...nginx, output, proof, lua }, clock),
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
