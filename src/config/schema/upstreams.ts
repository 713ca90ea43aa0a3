import { z } from 'zod';
import { duration } from '../duration.ts';
import { datacenters, filter, scopeName, serviceName, tag, upstreamName } from '../names.ts';
import { settings as s } from '../settings.ts';
import { balance, count, zone } from '../values.ts';
import { type Issues, own, setting } from './keys.ts';
import { fitsProtocol, listen, listenApart, protocol } from './streams.ts';

/** What `defaults` says for every upstream, and an upstream for itself. */
const onEmpty = z.enum(['keep', 'down', 'drop']);
const onWarning = z.enum(['use', 'drop']);
const keepFor = duration();
const failTimeout = duration({ least: 1_000 });

export const defaults = z.strictObject({
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
  protocol: protocol.default('http').describe("tcp and udp are balanced in nginx's stream context"),
  listen: listen
    .optional()
    .describe('of tcp and udp: ADDRESS:PORT, or PORT, on which nginx takes connections for it'),
  tags: z.array(tag).default([]).describe('follow only instances that carry all of these tags'),
  datacenter: datacenters
    .optional()
    .describe(
      'where to ask for the service, or a list: the first in which something can serve counts; default: consul.datacenter',
    ),
  filter: filter
    .optional()
    .describe(
      'follow only instances for which this is true: an expression, such as Service.Meta.v == "2", for Consul',
    ),
  namespace: scopeName.optional().describe("the service's namespace (Consul Enterprise)"),
  partition: scopeName.optional().describe("the service's partition (Consul Enterprise)"),
  peer: scopeName.optional().describe('the peered cluster that the service is imported from'),
  balance: own(s['defaults.balance'], balance),
  on_empty: own(s['defaults.on_empty'], onEmpty),
  keep_for: own(s['defaults.keep_for'], keepFor),
  on_warning: own(s['defaults.on_warning'], onWarning),
  max_fails: own(s['defaults.max_fails'], count(0)),
  fail_timeout: own(s['defaults.fail_timeout'], failTimeout),
  keepalive: own(s['defaults.keepalive'], count(0)),
  zone: own(s['defaults.zone'], zone),
});

export const upstreams = z
  .record(upstreamName, upstream.superRefine(fitsProtocol).nullable())
  .superRefine(differInMoreThanCase, { when: ({ value }) => typeof value === 'object' && value !== null })
  .superRefine(listenApart);

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
