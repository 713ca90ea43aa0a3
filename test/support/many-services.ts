import type { Consul } from '../bed/consul.ts';

/** A transaction holds 64 operations at most. */
const perTransaction = 64;

export interface Many {
  readonly services: number;
  /** Of each service, each on another node where there are enough of them. */
  readonly instances: number;
  readonly nodes: number;
}

/** The name of service `s`. */
export function nameOf(s: number): string {
  return `many-${s}`;
}

/**
 * Registers passing instances straight in the catalog, in a moment. The nodes, `ext-0` and so on, are no members of
 * the cluster: without a `serfHealth` check Consul leaves them alone.
 */
export async function registerMany(consul: Consul, { services, instances, nodes }: Many): Promise<void> {
  for (let n = 0; n < nodes; n += 1) await registerNode(consul, n, `10.1.0.${n + 1}`);
  const all = Array.from({ length: services * instances }, (_, at) => {
    const [service, instance] = [nameOf(Math.floor(at / instances)), at % instances];
    return operations(`ext-${at % nodes}`, service, `${service}-${instance}`);
  }).flat();
  for (let at = 0; at < all.length; at += perTransaction) {
    await consul.request('PUT', '/v1/txn', all.slice(at, at + perTransaction));
  }
}

/** Makes the node, or changes its address. */
export async function registerNode(consul: Consul, n: number, address: string): Promise<void> {
  await consul.request('PUT', '/v1/catalog/register', { Node: `ext-${n}`, Address: address });
}

function operations(node: string, name: string, id: string): object[] {
  const check = { Node: node, CheckID: `check:${id}`, Status: 'passing', ServiceID: id, ServiceName: name };
  return [weigh(node, name, id, 1), { Check: { Verb: 'set', Check: { Name: 'a check', ...check } } }];
}

/** The operation that gives an instance this weight. */
export function weigh(node: string, name: string, id: string, weight: number): object {
  const service = {
    ID: id,
    Service: name,
    Port: 8000,
    Tags: ['b', 'a'],
    Weights: { Passing: weight, Warning: 1 },
  };
  return { Service: { Verb: 'set', Node: node, Service: service } };
}
