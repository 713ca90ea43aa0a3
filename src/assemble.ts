import type { Config } from './config/config.ts';
import { createFeed } from './consul/feed.ts';
import { createResolver } from './dns/resolver.ts';
import { createGateway } from './nginx/gateway.ts';
import { proofServer } from './nginx/proof.ts';
import { systemClock } from './pipeline/clock.ts';
import type { Report } from './pipeline/event.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Feed } from './pipeline/ports.ts';
import { createReleases } from './release/store.ts';
import { createTemplates, type ReloadableTemplates } from './template/templates.ts';
import { version } from './version.ts';

export interface Assembly extends Pipeline {
  readonly templates: ReloadableTemplates;
}

export interface AssemblyOptions {
  /** Private folder for candidates that will not be published. */
  readonly staging?: string;
  readonly assertHeld: () => Promise<void>;
  readonly report: Report;
  readonly feed: Feed;
  /** Those of an assembly before; read anew by default. */
  readonly templates?: ReloadableTemplates;
}

/** The adapters that a configuration asks for, behind the pipeline's ports. */
export function assemble(config: Config, options: AssemblyOptions): Assembly {
  const { staging, assertHeld, report, feed } = options;
  const { output, nginx, plan } = config;
  const clock = systemClock;
  const proof = proofServer(nginx.proof, output);
  return {
    plan,
    feed,
    clock,
    report,
    templates:
      options.templates ??
      createTemplates(config.templates, { unavailable: proof.unavailable, report, clock }),
    gateway: createGateway({ ...nginx, output, ask: proof.ask }, clock),
    releases: createReleases({
      output,
      proof,
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
    want(queries) {
      for (const feed of feeds) feed.want(queries);
    },
    snapshot: () => new Map(feeds.flatMap((feed) => [...feed.snapshot()])),
  };
}
