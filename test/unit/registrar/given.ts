import type { Container } from '../../../src/registrar/container.ts';
import { marksOf } from '../../../src/registrar/marks.ts';
import type { RegistrarPlan } from '../../../src/registrar/plan.ts';
import type { Registered } from '../../../src/registrar/service.ts';

export const identity = { owner: 'engine-1', hostname: 'node1', hostAddress: undefined };

/** What is registered at 10.0.0.5, and otherwise by default. */
export function plan(more: Partial<RegistrarPlan> = {}): RegistrarPlan {
  return {
    ip: '10.0.0.5',
    internal: false,
    network: undefined,
    explicit: false,
    tags: [],
    ttl: 0,
    resync: 10_000,
    deregister: 'always',
    cleanup: false,
    hostname: undefined,
    owner: undefined,
    ...more,
  };
}

/** A container `web-1` of the image `team/web:1.2`, its port 80 published as 32768. */
export function container(more: Partial<Container> = {}): Container {
  return {
    id: 'c1c1c1c1c1c1c1c1c1c1',
    name: 'web-1',
    image: 'registry:5000/team/web:1.2',
    settings: [],
    state: 'running',
    exitCode: 0,
    startedAt: 1_000,
    stopSignal: 15,
    health: undefined,
    hostNetwork: false,
    ports: [port(80, 32768)],
    networks: [{ name: 'bridge', address: '172.17.0.2' }],
    ...more,
  };
}

export function port(number: number, published?: number, protocol = 'tcp') {
  const bindings = published === undefined ? [] : [{ address: '0.0.0.0', port: published }];
  return { number, protocol, bindings };
}

/** What the agent holds of `container()` when all is in step. */
export function registered(more: Partial<Registered> = {}): Registered {
  return {
    id: 'node1:web-1:80',
    name: 'web',
    address: '10.0.0.5',
    port: 32768,
    tags: [],
    meta: marksOf('engine-1', container().id),
    check: undefined,
    maintenance: undefined,
    ...more,
  };
}
