import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import type { ConsulQuery, Health, Registration } from '../pipeline/snapshot.ts';

/* What is used of Consul's answers; zod drops the rest. Go writes an empty list or map as null. */

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

/** The registrations in an answer's body, sorted by datacenter, node and id. Throws a ProblemError where its structure is not Consul's. */
export function decode(query: ConsulQuery, body: unknown): readonly Registration[] {
  const found = query.kind === 'service' ? fromHealth(body) : fromNode(body);
  return found.sort(byKey);
}

function fromHealth(body: unknown): Registration[] {
  return parse(HealthAnswer, body).map(({ Node, Service, Checks }) =>
    registration(Node, Service, worst(Checks ?? [])),
  );
}

function fromNode(body: unknown): Registration[] {
  const answer = parse(NodeAnswer, body);
  if (answer === null) return [];
  return Object.values(answer.Services ?? {}).map((service) => registration(answer.Node, service, 'unknown'));
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

function byKey(a: Registration, b: Registration): number {
  return compare(a.datacenter, b.datacenter) || compare(a.node, b.node) || compare(a.id, b.id);
}

/** By code units: the same on every machine, unlike a locale's order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * An array, judged up to its first fault. zod's own goes on and keeps an issue for each entry: some 25
 * million of them, as a body of 50 MB may hold, ended the process.
 */
function list<T>(entry: z.ZodType<T>) {
  return z.array(z.unknown()).transform((entries, context) => {
    const good: T[] = [];
    for (const [at, one] of entries.entries()) {
      const { success, data, error } = entry.safeParse(one);
      if (success) good.push(data);
      else {
        const [issue] = error.issues;
        context.addIssue({ code: 'custom', path: [at, ...(issue?.path ?? [])], message: issue?.message });
        return z.NEVER;
      }
    }
    return good;
  });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = issue === undefined || issue.path.length === 0 ? 'the whole' : spell(issue.path);
  throw new ProblemError({
    what: `the answer is not built as Consul's are (${at}: ${issue?.message ?? 'unreadable'})`,
    remedy: 'check that consul.address leads to Consul, and its version',
  });
}

/** Up to a map: its keys are whatever somebody wrote there. */
function spell(path: readonly PropertyKey[]): string {
  const map = path.findIndex((part) => part === 'Meta' || part === 'Services');
  return (map < 0 ? path : path.slice(0, map + 1)).join('.');
}
