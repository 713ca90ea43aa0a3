import type { LuaBalancer } from '../pipeline/balancer.ts';
import { perObject, whileSame } from '../pipeline/memo.ts';
import { type Context, within } from '../pipeline/protocol.ts';
import type { Route, Upstream, View } from '../pipeline/view.ts';
import { balanceWeights } from '../pipeline/weights.ts';
import { hostsOf } from './hosts.ts';
import type { TemplateUpstream, ViewData } from './it.ts';
import { luaServers } from './lua.ts';
import { plainKey, plainName } from './plain.ts';
import { serverLines } from './servers.ts';

/**
 * What a template of this context sees: its upstreams alone, since nginx keeps those of http and stream apart; `all` is
 * for other programs.
 * `unavailable` is the address that answers 503 for upstreams with no server. With a `balancer` the servers stand in
 * the peers file, and its block in the templates.
 */
export function templateData(
  view: View,
  context: Context | 'all',
  unavailable: string,
  balancer?: LuaBalancer,
): ViewData {
  const upstreams = (context === 'all' ? view : within(context, view)).upstreams.map(
    balancer === undefined ? plainUpstream : luaUpstream,
  );
  /** Of an upstream that a template made for itself the peers file knows nothing. */
  const known = new Set(balancer === undefined ? [] : upstreams);
  const balancerOf = (upstream: TemplateUpstream) => (known.has(upstream) ? balancer : undefined);
  return {
    upstreams,
    routes: frozenRoutes(view.routes),
    hosts: frozenHosts(view.routes),
    upstream(name) {
      const found = upstreams.find((upstream) => upstream.name === name);
      if (found === undefined) throw new Error(noUpstream(name, context, view, upstreams));
      return found;
    },
    servers(upstream) {
      const lua = balancerOf(upstream);
      if (lua !== undefined) return luaServers(upstream, unavailable, lua);
      return Object.isFrozen(upstream) ? linesOf(upstream)(unavailable) : serverLines(upstream, unavailable);
    },
    balance: (upstream) =>
      upstream.balance === 'round_robin' || balancerOf(upstream) !== undefined ? '' : `${upstream.balance};`,
  };
}

function noUpstream(
  name: string,
  context: Context | 'all',
  view: View,
  upstreams: readonly { readonly name: string }[],
): string {
  const other = view.upstreams.find((upstream) => upstream.name === name);
  if (other !== undefined)
    return `upstream ${name} is one of ${other.protocol}, which a template of ${context} cannot use`;
  return `there is no upstream ${name}; there are ${upstreams.map((one) => one.name).join(', ')}`;
}

/** Frozen, since the next rendering sees it again: what one template changed in it would show there. */
const plainUpstream = perObject((upstream: Upstream) => frozen(upstream, false));
const luaUpstream = perObject((upstream: Upstream) => frozen(upstream, true));

function frozen(upstream: Upstream, isLua: boolean): TemplateUpstream {
  const weights = balanceWeights(upstream.servers.map(({ weight }) => weight));
  const servers = upstream.servers.map(({ host, port, state, node, key, tags, meta }, index) =>
    Object.freeze({
      host,
      port,
      weight: weights[index] ?? 1,
      state,
      node: plainName(node),
      key: plainKey(key),
      tags: Object.freeze(tags),
      meta: Object.freeze(meta),
    }),
  );
  // In Lua workers share nothing, and a zone's size would be structure that moves with the number of servers.
  const zone = isLua ? 0 : upstream.zone;
  return Object.freeze({ ...upstream, zone, servers: Object.freeze(servers) });
}

const frozenRoutes = perObject((routes: readonly Route[]) =>
  Object.freeze(routes.map((route) => Object.freeze(route))),
);
const frozenHosts = perObject((routes: readonly Route[]) => hostsOf(frozenRoutes(routes)));

/** Those of an upstream that a template made for itself are not remembered: it may change them. */
const linesOf = perObject((upstream: TemplateUpstream) =>
  whileSame((unavailable: string) => serverLines(upstream, unavailable)),
);
