import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import type { Registered } from '../registrar/service.ts';

/* What is used of the agent's own answers; zod drops the rest. Go writes an empty list or map as null. */

const Services = z.record(
  z.string(),
  z.object({
    ID: z.string(),
    Service: z.string(),
    Address: z.string(),
    Port: z.number(),
    Tags: z.array(z.string()).nullish(),
    Meta: z.record(z.string(), z.string()).nullish(),
  }),
);

const Checks = z.record(z.string(), z.object({ Status: z.string(), Notes: z.string().default('') }));

const Self = z.object({ Member: z.object({ Addr: z.string() }) });

/** Consul's own name for the one check of a service, by which applications know it (`/v1/agent/check/pass/…`). */
export function checkId(service: string): string {
  return `service:${service}`;
}

/** `/v1/agent/self` */
export function decodeAddress(body: unknown): string {
  return parse(Self, body).Member.Addr;
}

/** `/v1/agent/services` and `/v1/agent/checks` */
export function decodeRegistered(services: unknown, checks: unknown): readonly Registered[] {
  const found = parse(Checks, checks);
  return Object.values(parse(Services, services)).map(({ ID, Service, Address, Port, Tags, Meta }) => {
    const check = found[checkId(ID)];
    return {
      id: ID,
      name: Service,
      address: Address,
      port: Port,
      tags: Tags ?? [],
      meta: Meta ?? {},
      check: check === undefined ? undefined : { notes: check.Notes, status: check.Status },
      maintenance: found[`_service_maintenance:${ID}`]?.Notes,
    };
  });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ProblemError({
    what: `the agent's answer is not built as Consul's is (at ${result.error.issues[0]?.path.join('.')})`,
    remedy: 'check that --consul leads to a Consul agent',
  });
}
