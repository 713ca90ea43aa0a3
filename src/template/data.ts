import type { Upstream, View } from '../pipeline/view.ts';
import { balanceWeights } from '../pipeline/weights.ts';
import { serverLines } from './servers.ts';

/** What a template sees as `it`. */
export interface TemplateData {
  /** Sorted by name. */
  readonly upstreams: readonly Upstream[];
  /** One upstream by its name; an error where the configuration has none of that name. */
  upstream(name: string): Upstream;
  /** The `server` lines of an upstream, to be written raw: `<%~ it.servers(upstream) %>`. */
  servers(upstream: Upstream): string;
}

/** `unavailable` is the address that answers 503 for upstreams with no server. */
export function templateData(view: View, unavailable: string): TemplateData {
  const upstreams = view.upstreams.map(withBalancedWeights);
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

function withBalancedWeights(upstream: Upstream): Upstream {
  const weights = balanceWeights(upstream.servers.map(({ weight }) => weight));
  const servers = upstream.servers.map((server, index) => ({ ...server, weight: weights[index] ?? 1 }));
  return { ...upstream, servers };
}
