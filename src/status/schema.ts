import { z } from 'zod';
import { blocked, counted } from './schema-parts.ts';
import { count, ms, problem, query, time } from './schema-query.ts';
import { unit } from './schema-unit.ts';
import { supervised } from './supervised.ts';

const server = z.object({
  address: z.string().describe('address:port, IPv6 in brackets'),
  node: z.string(),
  instance: z.string().describe('datacenter/node/id'),
  weight: z.number(),
  state: z.enum(['up', 'down']).describe('down: in maintenance, takes no new request'),
  lostSince: time
    .nullable()
    .describe('since when it is kept though no longer registered, in ms since the epoch'),
});

const way = z.enum(['reload', 'push']);

const because = z.object({ instance: z.string(), reason: z.string() });

const upstream = z.object({
  service: z.string(),
  protocol: z.enum(['http', 'tcp', 'udp']).describe('tcp and udp are balanced in stream'),
  datacenter: z.string().describe("empty: the agent's own"),
  query: z.string().describe('its key in queries'),
  fallback: z.array(z.string()).describe('keys of its queries in further datacenters'),
  discovered: z.boolean().describe('it is there by the rule of discover; no configuration names it'),
  route: z.string().nullable().describe('host/path that requests for it have; * for any host'),
  origin: z
    .enum(['live', 'kept', 'held', 'down', 'none'])
    .describe(
      "live: as Consul has it; kept: from before, nothing is healthy; held: a big loss waits; down: nobody serves (503; of tcp, connections are closed at once); none: not in nginx's configuration",
    ),
  servers: z.array(server).describe('what nginx has of it now'),
  up: count.describe('servers that take requests'),
  why: z
    .object({
      kind: z.enum(['missing', 'seeded', 'kept', 'down', 'dropped', 'held', 'lost']),
      cause: z
        .enum(['none registered', 'other tags', 'left out', 'maintenance', 'unhealthy'])
        .nullable()
        .describe('why nothing of what Consul has can serve'),
      registered: count.nullable().describe('instances that Consul has for which that holds'),
      losing: count.nullable().describe('servers that a big loss would take away'),
      until: time.nullable().describe('when that ends, in ms since the epoch'),
    })
    .nullable()
    .describe('why it is not live'),
  leftOut: z.array(because).describe('instances that were not taken; the first 20'),
  leftOutCount: count,
  doubtful: z.array(because).describe('instances that were taken though they are odd; the first 20'),
});

const named = z.object({
  count,
  servers: z.array(z.object({ address: z.string(), node: z.string() })).describe('some of them, or all'),
});

const steps = z
  .object({ render: ms, stage: ms, test: ms, publish: ms, prove: ms })
  .partial()
  .describe('ms; prove begins with the reload, where there is one');

const release = z.object({
  digest: z.string(),
  at: time,
  result: z
    .enum(['live', 'published', 'rolledBack'])
    .describe('live: nginx was seen to run it; published: nginx does not run, and starts with it'),
  changeToLive: ms.nullable().describe("ms from Consul's answer to the proof, where a change caused it"),
  steps,
  by: way
    .nullable()
    .describe(
      'push: its workers took it by themselves; reload: nginx was reloaded; null: it was not seen to run it',
    ),
  workers: count.nullable().describe('workers that answered with it'),
  changes: z
    .array(
      z.object({
        upstream: z.string(),
        gone: z.boolean(),
        up: count,
        joined: named,
        left: named,
        changed: named.describe('other weight or state'),
      }),
    )
    .describe('by upstream'),
  problem: problem.nullable().describe('why it was rolled back'),
  times: count.describe('how often it was rolled back in a row'),
});

const histogram = z.object({
  buckets: z
    .array(z.object({ le: ms.nullable().describe('ms; null: no bound'), count }))
    .describe('not cumulative'),
  sum: ms,
  count,
});

/** What `/status` says. Whoever reads it across versions should pass over keys that they do not know. */
export const statusSchema = z.object({
  time: time.describe('when this was said, in ms since the epoch'),
  alive: z.boolean().describe('as /healthz'),
  ready: z.boolean().describe('as /readyz'),
  notReady: z.array(z.string()).describe('why not'),
  consul: z
    .enum(['silent', 'answering', 'partly', 'failing'])
    .describe('of the queries for services: none was answered yet, all are, some are, none is'),
  warnings: z.array(z.string()).describe('all that is not as it should be now, in words'),
  version: z.string(),
  pid: count,
  startedAt: time,
  process: z.enum(['running', 'stopping']),
  settings: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe('the configuration by key of upsync.yaml, without secrets'),
  nginx: z.object({
    state: z.enum(['unknown', 'running', 'stopped']),
    via: way.nullable().describe('how changes of servers alone reach it; null: not known yet'),
    release: z.string().nullable().describe('digest that its workers answer with; null: none of ours'),
    draining: count.describe('generations of old workers that finish what they have'),
    problem: problem.nullable(),
    own: supervised.nullable().describe('the one that upsync itself runs; null: others run it'),
  }),
  release: z
    .object({ digest: z.string(), time })
    .nullable()
    .describe('the one that nginx was last seen to run, or would start with'),
  waiting: z
    .object({ why: z.string(), until: time.nullable().describe('null: nobody knows') })
    .nullable()
    .describe('why nothing is done for now'),
  blocked: blocked.describe('what keeps the newest change from nginx'),
  queries: z
    .record(z.string(), query)
    .describe("by key, such as service:web1; the log's lines begin with it"),
  upstreams: z.record(z.string(), upstream),
  releases: z.record(z.string(), release).describe('the last 50, by number since upsync started'),
  problems: z.array(z.object({ at: time, problem })).describe('the last 20 faults that ended nothing'),
  listening: z
    .object({ at: z.string(), problem: problem.nullable() })
    .nullable()
    .describe('null: by the control socket alone'),
  counts: z.object({
    passes: counted.describe('by outcome'),
    reloads: counted.describe('by what came of them: proven, unproven, stopped'),
    pushes: counted.describe("releases for nginx's workers to take by themselves: proven, unproven"),
    turns: z
      .object({ placed: count, unplaced: count })
      .describe('in a fleet: reloads that had a place, or went on without'),
    rejected: z.object({ render: count, test: count }),
    problems: count,
  }),
  units: z.record(z.string(), unit).describe('files of other programs, by name'),
  changeToLive: histogram,
  turns: histogram.describe('in a fleet: how long reloads waited for their turn'),
  steps: z.record(z.string(), histogram).describe('by step'),
});

export type Status = z.infer<typeof statusSchema>;

/** The JSON Schema (draft 2020-12) of `/status`, as `upsync schema --status` prints it. */
export function statusJsonSchema(): unknown {
  const { $schema, ...rest } = z.toJSONSchema(statusSchema);
  return { $schema, title: 'status of upsync', ...rest };
}
