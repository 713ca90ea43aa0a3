import type { Upstream, View } from '../pipeline/view.ts';
import { balanceWeights } from '../pipeline/weights.ts';
import type { TemplateData, TemplateUpstream } from './it.ts';
import { serverLines } from './servers.ts';

/** `unavailable` is the address that answers 503 for upstreams with no server. */
export function templateData(view: View, unavailable: string): TemplateData {
  const upstreams = view.upstreams.map(templateUpstream);
  return {
    upstreams,
    upstream(name) {
      const found = upstreams.find((upstream) => upstream.name === name);
      if (found === undefined) {
        throw new Error(
          `there is no upstream ${name}; there are ${upstreams.map((one) => one.name).join(', ')}`,
        );
      }
      return found;
    },
    servers: (upstream) => serverLines(upstream, unavailable),
  };
}

function templateUpstream(upstream: Upstream): TemplateUpstream {
  const weights = balanceWeights(upstream.servers.map(({ weight }) => weight));
  const servers = upstream.servers.map(({ host, port, state, node, key, tags, meta }, index) => ({
    host,
    port,
    weight: weights[index] ?? 1,
    state,
    node: plainName(node),
    key: key.split('/').map(plainName).join('/'),
    tags,
    meta,
  }));
  return { ...upstream, servers };
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_') || '_';
}
