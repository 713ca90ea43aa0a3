import { z } from 'zod';
import { hostNames, listenAddress } from './address.ts';
import { command } from './command.ts';
import { duration } from './duration.ts';
import { optionalPath, path } from './names.ts';
import { exposedTag, metaKey, metaType, range, variableName } from './registry-values.ts';
import { consul } from './schema/consul.ts';
import { discover, gateway } from './schema/discover.ts';
import { fleet } from './schema/fleet.ts';
import { setting } from './schema/keys.ts';
import { nginx } from './schema/nginx.ts';
import { fitsDefaults } from './schema/streams.ts';
import { templates } from './schema/templates.ts';
import { units } from './schema/units.ts';
import { defaults, upstreams } from './schema/upstreams.ts';
import { settings as s } from './settings.ts';
import { count, share } from './values.ts';

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
  env: z.array(variableName).default([]).describe("variables of upsync's environment that templates see"),
});

export const log = z.strictObject({
  level: setting(s['log.level'], z.enum(['trace', 'debug', 'info', 'warn', 'error'])),
  format: setting(s['log.format'], z.enum(['auto', 'pretty', 'json'])),
});

const keys = z.strictObject({
  consul: consul.prefault({}).describe('where and how to ask Consul'),
  nginx: nginx.prefault({}).describe('the nginx that is kept in step'),
  output: setting(s.output, path),
  templates: templates
    .optional()
    .describe('a folder of Eta templates, or a list of them, instead of the built-in one'),
  units: units
    .default({})
    .describe("files of other programs by a name of yours, each with that program's own test and reload"),
  defaults: defaults.prefault({}).describe('for upstreams that do not say otherwise'),
  upstreams: upstreams
    .default({})
    .describe('upstreams by name; one with nothing to say follows the service of its own name'),
  discover: discover.prefault({}).describe('services that get an upstream with nobody naming them'),
  gateway: gateway.prefault({}).describe('the built-in server for the routes of services'),
  wait: wait.prefault({}).describe('how a burst of changes becomes one'),
  splay: setting(s.splay, duration()),
  fleet: fleet.prefault({}).describe('gateways that take turns with their reloads'),
  start_timeout: setting(s.start_timeout, duration()),
  guard: guard.prefault({}).describe('what is held when an upstream loses many servers in one step'),
  addresses: addresses.prefault({}).describe('which addresses instances may have'),
  expose: expose.prefault({}).describe('what templates see of an instance besides its address'),
  exec: setting(s.exec, command),
  stop_timeout: setting(s.stop_timeout, duration()),
  pid_file: setting(s.pid_file, optionalPath),
  listen: setting(s.listen, listenAddress),
  listen_hosts: setting(s.listen_hosts, hostNames),
  log: log.prefault({}).describe('what is written to standard error or output'),
});

/** `upsync.yaml`. Parsed: every default in place, times in ms, shares from 0 to 1, `zone` in KiB. */
export const schema = keys.superRefine(fitsDefaults);

/** Of a configuration, the managed folder alone. */
export const outputSchema = z.object({ output: setting(s.output, path) });

export type Settings = z.output<typeof schema>;

/** The JSON Schema (draft 2020-12) of `upsync.yaml`, as `upsync schema` prints it. */
export function jsonSchema(): unknown {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, title: 'upsync.yaml', ...rest };
}
