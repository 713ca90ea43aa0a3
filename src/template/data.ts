import type { Server, Upstream, View } from '../pipeline/view.ts';
import { balanceWeights } from '../pipeline/weights.ts';
import { serverLines } from './servers.ts';

/** What a template sees as `it`. */
export interface TemplateData {
  /** Sorted by name. */
  readonly upstreams: readonly TemplateUpstream[];
  /** One upstream by its name; an error where the configuration has none of that name. */
  upstream(name: string): TemplateUpstream;
  /** The `server` lines of an upstream, to be written raw: `<%~ it.servers(upstream) %>`. */
  servers(upstream: TemplateUpstream): string;
}

export interface TemplateUpstream extends Upstream {
  readonly servers: readonly TemplateServer[];
}

/**
 * Every text in it that somebody registered consists of characters that mean nothing to nginx
 * (`isPlain` in quote.ts): a template can do no harm with them, not even by writing them raw.
 */
export interface TemplateServer extends Pick<Server, 'host' | 'port' | 'weight' | 'state' | 'tags' | 'meta'> {
  /** The node's name, other characters than letters, digits and `._-` as `_`. */
  readonly node: string;
  /** `datacenter/node/id`, likewise. */
  readonly key: string;
}

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
