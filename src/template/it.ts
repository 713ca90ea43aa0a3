import type { Server, Upstream } from '../pipeline/view.ts';

/** What a template sees as `it`. */
export interface TemplateData {
  /** Those of the template's context, http or stream, sorted by name. */
  readonly upstreams: readonly TemplateUpstream[];
  /** One of them by its name; an error where there is none of that name. */
  upstream(name: string): TemplateUpstream;
  /** The `server` lines of an upstream, or the Lua block that stands for them, to be written raw: `<%~ it.servers(upstream) %>`. */
  servers(upstream: TemplateUpstream): string;
  /**
   * The directive of an upstream's balancing method, with its `;`. Empty for round robin, which nginx does by itself,
   * and where the servers are chosen in Lua.
   */
  balance(upstream: TemplateUpstream): string;
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
