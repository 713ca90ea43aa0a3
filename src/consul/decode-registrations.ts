import { z } from 'zod';
import { compare } from '../pipeline/compare.ts';
import type { Health, Registration } from '../pipeline/snapshot.ts';
import { list, parse } from './parse.ts';

const Node = z.object({ Node: z.string(), Address: z.string(), Datacenter: z.string() });

const Service = z.object({
  ID: z.string(),
  Service: z.string(),
  Address: z.string(),
  Port: z.number().int(),
  /** Consul's own default, where a server predates weights. */
  Weights: z.object({ Passing: z.number(), Warning: z.number() }).default({ Passing: 1, Warning: 1 }),
  Tags: list(z.string()).nullish(),
  Meta: z.record(z.string(), z.string()).nullish(),
});

/** `Status` is any text that somebody registered: an odd one must not spoil the whole answer. */
const Check = z.object({ CheckID: z.string(), Status: z.string() });

/** `/v1/health/service/:service` */
const HealthAnswer = list(z.object({ Node, Service, Checks: list(Check).nullish() }));

/** `/v1/catalog/node/:node`; null for a node that is not there. */
const NodeAnswer = z.object({ Node, Services: z.record(z.string(), Service).nullish() }).nullable();

/** In Consul's order. */
export function fromHealth(body: unknown): Registration[] {
  return parse(HealthAnswer, body).map(({ Node, Service, Checks }) =>
    registration(Node, Service, worst(Checks ?? [])),
  );
}

export function fromNode(body: unknown): Registration[] {
  const answer = parse(NodeAnswer, body);
  if (answer === null) return [];
  return Object.values(answer.Services ?? {}).map((service) => registration(answer.Node, service, 'unknown'));
}

export function byKey(a: Registration, b: Registration): number {
  return compare(a.datacenter, b.datacenter) || compare(a.node, b.node) || compare(a.id, b.id);
}

function registration(
  node: z.infer<typeof Node>,
  service: z.infer<typeof Service>,
  health: Health,
): Registration {
  return {
    datacenter: node.Datacenter,
    node: node.Node,
    id: service.ID,
    service: service.Service,
    nodeAddress: node.Address,
    address: service.Address === '' ? node.Address : service.Address,
    port: service.Port,
    weights: { passing: service.Weights.Passing, warning: service.Weights.Warning },
    health,
    tags: service.Tags ?? [],
    meta: service.Meta ?? {},
  };
}

const SEVERITY = ['passing', 'warning', 'critical', 'maintenance'] as const;

function worst(checks: readonly z.infer<typeof Check>[]): Health {
  const severities = checks.map((check) => SEVERITY.indexOf(healthOf(check)));
  return SEVERITY[Math.max(0, ...severities)] ?? 'critical';
}

/** Maintenance is no state of its own in Consul, but a critical check with a reserved id. */
function healthOf({ CheckID, Status }: z.infer<typeof Check>): (typeof SEVERITY)[number] {
  if (Status === 'passing' || Status === 'warning') return Status;
  const maintenance = CheckID === '_node_maintenance' || CheckID.startsWith('_service_maintenance:');
  return maintenance ? 'maintenance' : 'critical';
}
