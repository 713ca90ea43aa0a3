import { addressRules } from '../../../src/pipeline/address-rules.ts';
import type { Admission } from '../../../src/pipeline/admission.ts';
import type { DiscoverPlan, UpstreamPlan } from '../../../src/pipeline/plan.ts';
import { queryKey } from '../../../src/pipeline/query.ts';
import type { Registration, Snapshot } from '../../../src/pipeline/snapshot.ts';
import type { Server, Upstream, View } from '../../../src/pipeline/view.ts';
import type { TemplatesContext } from '../../../src/template/templates.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** A registration of `web1` on node n1 at 10.0.0.1:80, healthy, but for what is given. */
export function registration(given: Partial<Registration> = {}): Registration {
  return {
    datacenter: 'dc1',
    node: 'n1',
    id: 'web1',
    service: 'web1',
    address: '10.0.0.1',
    nodeAddress: '10.0.0.1',
    port: 80,
    weights: { passing: 1, warning: 1 },
    health: 'passing',
    tags: [],
    meta: {},
    ...given,
  };
}

/** `count` registrations at 10.0.0.1, 10.0.0.2 …, alike but for their address and id. */
export function registrations(count: number, given: Partial<Registration> = {}): Registration[] {
  return Array.from({ length: count }, (_, index) =>
    registration({ id: `i${index + 1}`, address: `10.0.0.${index + 1}`, ...given }),
  );
}

export function upstreamPlan(given: Partial<UpstreamPlan> = {}): UpstreamPlan {
  return {
    name: 'web1',
    service: 'web1',
    protocol: 'http',
    tags: [],
    datacenter: '',
    balance: 'round_robin',
    onEmpty: 'keep',
    keepFor: 60_000,
    onWarning: 'use',
    maxFails: 1,
    failTimeout: 10_000,
    keepalive: 32,
    zone: 'auto',
    ...given,
  };
}

/** Takes any address but special ones, and exposes nothing. */
export function admission(given: Partial<Admission> = {}): Admission {
  return {
    addresses: addressRules([], []),
    hostnames: false,
    tags: new Set(),
    meta: new Map(),
    here: new Set(),
    ...given,
  };
}

/** What Consul said, by `service` or `service@datacenter`. */
export function snapshot(services: Readonly<Record<string, readonly Registration[]>>): Snapshot {
  return new Map(
    Object.entries(services).map(([service, value]) => {
      const [name = '', datacenter = ''] = service.split('@');
      const query = { kind: 'service', service: name, datacenter } as const;
      return [queryKey(query), { query, value, index: '1', since: 0 }];
    }),
  );
}

/** A rule that finds what carries the tag `web`. */
export function discoverPlan(given: Partial<DiscoverPlan> = {}): DiscoverPlan {
  const { name: _, service: __, tags: ___, ...settings } = upstreamPlan();
  return { tag: 'web', exclude: new Set(), max: 500, settings, ...given };
}

/** The services of the catalog with their tags, as Consul says them. */
export function catalog(services: Readonly<Record<string, readonly string[]>>): Snapshot {
  const query = { kind: 'services', datacenter: '' } as const;
  const value = Object.entries(services).map(([name, tags]) => ({ name, tags }));
  value.sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map([[queryKey(query), { query, value, index: '1', since: 0 }]]);
}

export function server(last: number, given: Partial<Server> = {}): Server {
  return {
    key: `dc1/n1/i${last}`,
    node: 'n1',
    host: `10.0.0.${last}`,
    port: 80,
    weight: 1,
    state: 'up',
    tags: [],
    meta: {},
    ...given,
  };
}

export function upstream(servers: readonly Server[], given: Partial<Upstream> = {}): Upstream {
  return {
    name: 'web1',
    service: 'web1',
    protocol: 'http',
    origin: servers.length === 0 ? 'down' : 'live',
    servers,
    balance: 'round_robin',
    maxFails: 1,
    failTimeout: 10,
    keepalive: 32,
    zone: 64,
    ...given,
  };
}

/** For templates: a clock that stands still, and nobody who listens. */
export function templatesContext(given: Partial<TemplatesContext> = {}): TemplatesContext {
  return {
    proof: { unavailable: '127.9.9.9:20000' },
    registry: { admission: admission(), datacenter: '', environment: {} },
    report: () => undefined,
    clock: manualClock(),
    ...given,
  };
}

export function view(...upstreams: readonly Upstream[]): View {
  return { upstreams, routes: [], leftOut: [] };
}
