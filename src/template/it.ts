import type { MetaValue } from '../pipeline/admission.ts';
import type { Health } from '../pipeline/snapshot.ts';
import type { Route, Server, Upstream } from '../pipeline/view.ts';
import type { TemplateHost } from './hosts.ts';
import type { Where } from './options.ts';

/** What a template sees as `it`. */
export interface TemplateData extends ViewData, KvData, CatalogData, GroupData {
  /**
   * A variable of upsync's environment, undefined where it is not set; an error where `expose.env` does not name it. It
   * may be any text, as that of a key.
   */
  env(name: string): string | undefined;
  /** What the configuration says of the server for routes; undefined where there is to be none. */
  readonly gateway: { readonly listen: string } | undefined;
}

/** The upstreams of the configuration. */
export interface ViewData {
  /** Those of the template's context, http or stream, sorted by name. */
  readonly upstreams: readonly TemplateUpstream[];
  /** Which requests which upstream is for, sorted by host and path. */
  readonly routes: readonly Route[];
  /** The same by host, in the order in which nginx is to read their servers; the first is for all other hosts. */
  readonly hosts: readonly TemplateHost[];
  /** One of the upstreams by its name; an error where there is none of that name. */
  upstream(name: string): TemplateUpstream;
  /** The `server` lines of an upstream, or the Lua block that stands for them, to be written raw: `<%~ it.servers(upstream) %>`. */
  servers(upstream: TemplateUpstream): string;
  /**
   * The directive of an upstream's balancing method, with its `;`. Empty for round robin, which nginx does by itself,
   * and where the servers are chosen in Lua.
   */
  balance(upstream: TemplateUpstream): string;
}

/**
 * Texts of the key-value store may be any: write them with `<%= … %>`. What is asked for is followed from then on, and
 * until it is answered nothing that was rendered is used.
 */
export interface KvData {
  /** The text of a key. While there is no such key, nothing that was rendered is used. */
  key(path: string, where?: Where): string;
  /** The text of a key, or `fallback` where there is no such key. */
  keyOr<T>(path: string, fallback: T, where?: Where): string | T;
  /** All keys in a folder, sorted by path. */
  tree(prefix: string, where?: Where): readonly TemplateKey[];
}

export interface TemplateKey {
  readonly path: string;
  /** The path without the folder that was asked for. */
  readonly key: string;
  readonly value: string;
}

/** What is asked for is followed from then on, as for `KvData`. */
export interface CatalogData {
  /** The instances of a service that may take requests, sorted by address. */
  service(name: string, options?: ServiceOptions): readonly TemplateInstance[];
  /**
   * All services by name, with the tags that `expose` names; less those whose name nginx would not take literally, or could
   * be no part of a path (`..`, `a//b`).
   */
  services(where?: Where): readonly TemplateService[];
  /** All nodes, sorted by datacenter and name, less those whose address is not taken. */
  nodes(options?: NodesOptions): readonly TemplateNode[];
}

interface NodesOptions extends Where {
  /** A node's name or `_agent`: those that are nearest to it come first. */
  readonly near?: string | undefined;
  /** An expression that Consul evaluates. */
  readonly filter?: string | undefined;
  readonly peer?: string | undefined;
}

export interface ServiceOptions extends NodesOptions {
  /** Only instances that carry all of these. */
  readonly tags?: readonly string[] | undefined;
  /** `passing` alone; `warning` ones too, by their weight (the default); or `any`. */
  readonly health?: 'passing' | 'warning' | 'any' | undefined;
}

export interface TemplateService {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface TemplateNode {
  /** Its name, other characters than letters, digits and `._-` as `_`. */
  readonly node: string;
  readonly datacenter: string;
  /** An IP literal, IPv6 in brackets. */
  readonly host: string;
  /** The keys that `expose` names, each of its type. */
  readonly meta: Readonly<Record<string, MetaValue>>;
}

/** Maps are in the order of their keys, but for `groupBy`, whose keys are in the order of the list. */
export interface GroupData {
  groupBy<T, K>(list: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, readonly T[]>;
  /** Those with several tags are in several groups, those with none in none. */
  byTag<T extends TemplateServer>(servers: readonly T[]): ReadonlyMap<string, readonly T[]>;
  /** Those without that key are in no group. */
  byMeta<T extends TemplateServer>(servers: readonly T[], key: string): ReadonlyMap<MetaValue, readonly T[]>;
  byDatacenter<T extends TemplateServer>(servers: readonly T[]): ReadonlyMap<string, readonly T[]>;
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

/** As a server of an upstream; `state` is `down` for what may take no requests. */
export interface TemplateInstance extends TemplateServer {
  readonly service: string;
  readonly datacenter: string;
  readonly health: Health;
}
