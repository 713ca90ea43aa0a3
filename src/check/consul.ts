import { isIP } from 'node:net';
import type { AgentFacts } from '../consul/agent-facts.ts';
import { triggersEach } from '../consul/datacenter.ts';
import type { FleetFacts } from '../consul/fleet.ts';
import { streamsEach } from '../consul/h2-lane.ts';
import type { ConsulOptions } from '../consul/options.ts';
import { slotsOf } from '../consul/slots.ts';
import { isLoopback } from '../pipeline/address-rules.ts';
import { type Attempt, count, type Finding, fail, ok, resultOf, warn } from './finding.ts';

type Options = Pick<ConsulOptions, 'address' | 'tls' | 'maxConnections'>;

export interface ConsulFacts {
  readonly hasToken: boolean;
  /** Empty where the cluster has none. */
  readonly leader: Attempt<string>;
  readonly agent: Attempt<AgentFacts>;
  readonly catalogs: readonly Catalog[];
  /** Undefined where there is none. */
  readonly fleet?: Attempt<FleetFacts>;
}

/** The names of all services that the token sees in a datacenter; an empty one is the agent's own. */
export interface Catalog {
  readonly datacenter: string;
  readonly names: Attempt<readonly string[]>;
}

/** Where Consul cannot be reached, that is all that is said of it. */
export function checkConsul(options: Options, facts: ConsulFacts, queries: number): Finding[] {
  if ('problem' in facts.leader) return [fail('consul', { where: options.address, ...facts.leader.problem })];
  if (facts.leader.value === '') return [fail('consul', leaderless(options))];
  return [
    ok('consul', `${versionOf(facts.agent)} answers at ${options.address}, its cluster has a leader`),
    ...checkPrivacy(options, facts),
    ...checkConnections(options, resultOf(facts.agent), queries),
    ...facts.catalogs.flatMap((catalog) => checkToken(facts, catalog)),
  ];
}

function leaderless({ address }: Options) {
  return {
    what: 'Consul has no leader: while it has none, nothing changes',
    where: address,
    remedy: 'see `consul operator raft list-peers`; most of its servers must be up',
  };
}

/** Only a token with more rights than upsync needs sees the version. */
function versionOf(agent: Attempt<AgentFacts>): string {
  if ('value' in agent)
    return `Consul ${agent.value.version} (${agent.value.node}, ${agent.value.datacenter})`;
  return 'Consul (its version takes a token with agent_prefix "" read, which upsync does not need)';
}

function checkPrivacy({ address, tls }: Options, { hasToken }: ConsulFacts): Finding[] {
  if (address.startsWith('unix:')) return [];
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:') {
    if (tls.verify) return [ok('consul', 'TLS, and its certificate is checked')];
    const what = 'the certificate of Consul is not checked: whoever stands in between can answer for it';
    return [
      warn('consul', { what, remedy: 'set consul.tls.verify, and consul.tls.ca_file to its authority' }),
    ];
  }
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const here = host === 'localhost' || (isIP(host) !== 0 && isLoopback(host));
  if (here || !hasToken) return [];
  const what = 'the token goes over the network in clear text';
  return [warn('consul', { what, where: address, remedy: "use https, or an agent on this host's loopback" })];
}

function checkConnections(
  { address, maxConnections }: Options,
  agent: AgentFacts | undefined,
  queries: number,
): Finding[] {
  const allowed = agent?.connections;
  if (allowed !== undefined && allowed < maxConnections) {
    return [
      warn('consul', {
        what: `it allows one client ${count(allowed, 'connection')}, and upsync may open ${maxConnections}: those past the limit are cut`,
        where: 'limits.http_max_conns_per_client',
        remedy: `set consul.max_connections to less than ${allowed}, or raise the limit of the agent`,
      }),
    ];
  }
  const asked = `${queries} ${queries === 1 ? 'query' : 'queries'}`;
  // Over TLS many share a connection; where a proxy speaks HTTP/1.1 alone, upsync comes to know only later.
  const waiting = slotsOf(maxConnections * (address.startsWith('https:') ? streamsEach : 1));
  if (queries > waiting && waiting <= triggersEach) {
    return [
      warn('consul', {
        what: `${asked}, and ${waiting} of them may wait for a change at once: all are asked once a second`,
        where: 'consul.max_connections',
        remedy: `raise it, within what the agent allows one client (${allowed ?? 'by default 200'})`,
      }),
    ];
  }
  const shared = queries > waiting ? ' share what tells of changes,' : '';
  const limit = allowed === undefined ? '' : `, and the agent allows one client ${allowed}`;
  return [ok('consul', `${asked}${shared} on at most ${count(maxConnections, 'connection')}${limit}`)];
}

function checkToken({ hasToken }: ConsulFacts, { datacenter, names }: Catalog): Finding[] {
  const place = datacenter === '' ? '' : ` in ${datacenter}`;
  if ('problem' in names) return [fail('token', names.problem)];
  const seen = names.value;
  if (seen.length === 0) {
    return [
      fail('token', {
        what: `${hasToken ? 'the token sees' : 'without a token one sees'} no service at all${place}`,
        remedy: `${hasToken ? 'give it a policy' : 'give one'} with ${needed}`,
      }),
    ];
  }
  const who = hasToken ? 'valid' : 'none is needed';
  const sees = ok('token', `${who}; sees ${count(seen.length, 'service')}${place}`);
  if (seen.includes('consul')) return [sees];
  const blind = {
    what: `the token does not see the service "consul"${place}: by it upsync tells an empty service from a token that lost its rights`,
    remedy: 'add service "consul" { policy = "read" } to its policy',
  };
  return [sees, warn('token', blind)];
}

const needed = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
