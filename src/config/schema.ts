import { z } from 'zod';
import { consulAddress, hostNames, listenAddress, proofAddress } from './address.ts';
import { duration } from './duration.ts';
import {
  datacenter,
  destination,
  optionalPath,
  path,
  serverName,
  serviceName,
  tag,
  upstreamName,
} from './names.ts';
import { exposedTag, metaKey, metaType, range } from './registry-values.ts';
import { settings as s } from './settings.ts';
import { balance, count, share, zone } from './values.ts';

/** What `defaults` says for every upstream, and an upstream for itself. */
const onEmpty = z.enum(['keep', 'down', 'drop']);
const onWarning = z.enum(['use', 'drop']);
const keepFor = duration();
const failTimeout = duration({ least: 1_000 });

const tls = z
  .strictObject({
    ca_file: setting(s['consul.tls.ca_file'], optionalPath),
    cert_file: setting(s['consul.tls.cert_file'], optionalPath),
    key_file: setting(s['consul.tls.key_file'], optionalPath),
    server_name: setting(s['consul.tls.server_name'], serverName),
    verify: setting(s['consul.tls.verify'], z.boolean()),
  })
  .refine(
    ({ cert_file, key_file }) => (cert_file === '') === (key_file === ''),
    'cert_file and key_file go together; give both or none',
  );

export const consul = z.strictObject({
  address: setting(s['consul.address'], consulAddress),
  token_file: setting(s['consul.token_file'], optionalPath),
  datacenter: setting(s['consul.datacenter'], datacenter),
  stale: setting(s['consul.stale'], z.boolean()),
  block: setting(s['consul.block'], duration({ least: 1_000, most: 600_000 })),
  timeout: setting(s['consul.timeout'], duration({ least: 100, most: 600_000 })),
  max_stale: setting(s['consul.max_stale'], duration({ least: 1_000 })),
  max_connections: setting(s['consul.max_connections'], count(2)), // One stays free of queries that wait.
  tls: tls.prefault({}).describe('how to reach an agent whose address is https'),
});

const nginx = z.strictObject({
  conf: setting(s['nginx.conf'], path),
  prefix: setting(s['nginx.prefix'], optionalPath),
  binary: setting(s['nginx.binary'], path),
  pid: setting(s['nginx.pid'], path),
  via: setting(s['nginx.via'], z.enum(['reload', 'push', 'auto'])),
  signal: setting(s['nginx.signal'], z.enum(['auto', 'pid', 'fifo'])),
  proof: setting(s['nginx.proof'], proofAddress),
  proof_timeout: setting(s['nginx.proof_timeout'], duration({ least: 100 })),
  max_draining: setting(s['nginx.max_draining'], count(1)),
});

const template = z.strictObject({
  source: path.describe('an Eta template'),
  destination: destination.describe('the file it becomes: http/NAME, stream/NAME, or NAME for http'),
});

const defaults = z.strictObject({
  balance: setting(s['defaults.balance'], balance),
  on_empty: setting(s['defaults.on_empty'], onEmpty),
  keep_for: setting(s['defaults.keep_for'], keepFor),
  on_warning: setting(s['defaults.on_warning'], onWarning),
  max_fails: setting(s['defaults.max_fails'], count(0)),
  fail_timeout: setting(s['defaults.fail_timeout'], failTimeout),
  keepalive: setting(s['defaults.keepalive'], count(0)),
  zone: setting(s['defaults.zone'], zone),
});

const upstream = z.strictObject({
  service: serviceName.optional().describe("the service in Consul; default: the upstream's name"),
  tags: z.array(tag).default([]).describe('follow only instances that carry all of these tags'),
  datacenter: datacenter.optional().describe('where to ask for the service; default: consul.datacenter'),
  balance: own(s['defaults.balance'], balance),
  on_empty: own(s['defaults.on_empty'], onEmpty),
  keep_for: own(s['defaults.keep_for'], keepFor),
  on_warning: own(s['defaults.on_warning'], onWarning),
  max_fails: own(s['defaults.max_fails'], count(0)),
  fail_timeout: own(s['defaults.fail_timeout'], failTimeout),
  keepalive: own(s['defaults.keepalive'], count(0)),
  zone: own(s['defaults.zone'], zone),
});

const wait = z
  .strictObject({
    min: setting(s['wait.min'], duration()),
    max: setting(s['wait.max'], duration()),
  })
  .refine(({ min, max }) => min <= max, {
    path: ['max'],
    error: 'the longest wait is shorter than the quiet time, wait.min',
  });

const guard = z.strictObject({
  max_drop: setting(s['guard.max_drop'], share),
  at_least: setting(s['guard.at_least'], count(1)),
  grace: setting(s['guard.grace'], duration()),
});

const addresses = z.strictObject({
  allow: z
    .array(range)
    .default([])
    .describe('take only these; special ones, such as link-local, are taken where named here'),
  deny: z.array(range).default([]).describe('never take these'),
  hostnames: setting(s['addresses.hostnames'], z.boolean()),
});

const expose = z.strictObject({
  tags: z.array(exposedTag).default([]).describe('tags of an instance that templates see'),
  meta: z
    .record(metaKey, metaType)
    .default({})
    .describe('meta keys of an instance that templates see, and what each must be'),
});

export const log = z.strictObject({
  level: setting(s['log.level'], z.enum(['trace', 'debug', 'info', 'warn', 'error'])),
  format: setting(s['log.format'], z.enum(['auto', 'pretty', 'json'])),
});

/** `upsync.yaml`. Parsed: every default in place, times in ms, shares from 0 to 1, `zone` in KiB. */
export const schema = z.strictObject({
  consul: consul.prefault({}).describe('where and how to ask Consul'),
  nginx: nginx.prefault({}).describe('the nginx that is kept in step'),
  output: setting(s.output, path),
  templates: z
    .union([path, z.array(template).min(1).superRefine(differ)])
    .optional()
    .describe('a folder of Eta templates, or a list of them, instead of the built-in one'),
  defaults: defaults.prefault({}).describe('for upstreams that do not say otherwise'),
  upstreams: z
    .record(upstreamName, upstream.nullable())
    .superRefine(differInMoreThanCase, { when: ({ value }) => typeof value === 'object' && value !== null })
    .default({})
    .describe('upstreams by name; one with nothing to say follows the service of its own name'),
  wait: wait.prefault({}).describe('how a burst of changes becomes one'),
  splay: setting(s.splay, duration()),
  start_timeout: setting(s.start_timeout, duration()),
  guard: guard.prefault({}).describe('what is held when an upstream loses many servers in one step'),
  addresses: addresses.prefault({}).describe('which addresses instances may have'),
  expose: expose.prefault({}).describe('what templates see of an instance besides its address'),
  listen: setting(s.listen, listenAddress),
  listen_hosts: setting(s.listen_hosts, hostNames),
  log: log.prefault({}).describe('what is written to standard error or output'),
});

/** Of a configuration, the managed folder alone. */
export const outputSchema = z.object({ output: setting(s.output, path) });

export type Settings = z.output<typeof schema>;

/** The JSON Schema (draft 2020-12) of `upsync.yaml`, as `upsync schema` prints it. */
export function jsonSchema(): unknown {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, title: 'upsync.yaml', ...rest };
}

export function setting<T extends z.ZodType>(row: { help: string; fallback: NoInfer<z.input<T>> }, type: T) {
  return type.prefault(row.fallback).describe(row.help);
}

function own<T extends z.ZodType>(row: { help: string }, type: T) {
  return type.optional().describe(row.help);
}

type Issues = z.core.$RefinementCtx;

/** nginx compares the names of upstreams without regard to case. */
function differInMoreThanCase(upstreams: object, issues: Issues): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(upstreams)) {
    const twin = seen.get(name.toLowerCase());
    if (twin === undefined) seen.set(name.toLowerCase(), name);
    else
      issues.addIssue({
        code: 'custom',
        path: [name],
        message: `to nginx the same name as ${twin}; rename one`,
      });
  }
}

function differ(templates: readonly { destination: string }[], issues: Issues): void {
  templates.forEach(({ destination }, at) => {
    if (templates.findIndex((other) => other.destination === destination) === at) return;
    issues.addIssue({
      code: 'custom',
      path: [at, 'destination'],
      message: 'two templates write this file; choose another name',
    });
  });
}
