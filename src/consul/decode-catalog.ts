import { z } from 'zod';
import { compare } from '../pipeline/compare.ts';
import type { CatalogEntry, NodeEntry } from '../pipeline/snapshot.ts';
import { list, parse } from './parse.ts';

/** `/v1/catalog/services`: the tags of all instances together, by name, in an order that is another one in each answer. */
const Services = z.record(z.string(), list(z.string()).nullish());

/** `/v1/catalog/nodes` */
const Nodes = list(
  z.object({
    Node: z.string(),
    Address: z.string(),
    Datacenter: z.string(),
    Meta: z.record(z.string(), z.string()).nullish(),
  }),
);

export function fromServices(body: unknown): CatalogEntry[] {
  return Object.entries(parse(Services, body))
    .map(([name, tags]) => ({ name, tags: (tags ?? []).toSorted(compare) }))
    .sort((a, b) => compare(a.name, b.name));
}

/** In Consul's order. */
export function fromNodes(body: unknown): NodeEntry[] {
  return parse(Nodes, body).map(({ Node, Address, Datacenter, Meta }) => ({
    datacenter: Datacenter,
    node: Node,
    address: Address,
    meta: Meta ?? {},
  }));
}

export function byNode(a: NodeEntry, b: NodeEntry): number {
  return compare(a.datacenter, b.datacenter) || compare(a.node, b.node);
}
