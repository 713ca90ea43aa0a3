import type { Plan, UpstreamPlan } from '../pipeline/plan.ts';
import { toAdmission } from './admission.ts';
import type { Settings } from './schema.ts';

/** What the pipeline is asked to do: each upstream with what it does not say itself taken from `defaults`. */
export function toPlan(settings: Settings): Plan {
  const { fleet, guard, nginx, splay, upstreams, wait } = settings;
  return {
    admission: toAdmission(settings),
    upstreams: Object.entries(upstreams)
      .map(([name, own]) => toUpstreamPlan(name, own ?? {}, settings))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...toDiscover(settings),
    guard: { maxDrop: guard.max_drop, atLeast: guard.at_least, grace: guard.grace },
    wait: { ...wait, splay },
    startTimeout: settings.start_timeout,
    maxDraining: nginx.max_draining,
    ...(fleet.name === '' ? {} : { fleet }),
  };
}

function toDiscover(settings: Settings): Pick<Plan, 'discover'> {
  const { tag, filter, datacenter, exclude, max } = settings.discover;
  if (tag === '' && filter === '') return {};
  const { name: _, service: __, tags: ___, ...own } = toUpstreamPlan('', {}, settings);
  const place = datacenter === '' ? own.datacenter : datacenter;
  return {
    discover: {
      tag,
      exclude: new Set(exclude),
      max,
      settings: { ...own, datacenter: place, ...(filter === '' ? {} : { filter }) },
    },
  };
}

type Own = Partial<NonNullable<Settings['upstreams'][string]>>;

function toUpstreamPlan(name: string, own: Own, { consul, defaults }: Settings): UpstreamPlan {
  const { protocol = 'http', listen } = own;
  const [datacenter = consul.datacenter, ...fallback] = [own.datacenter ?? []].flat();
  return {
    name,
    service: own.service ?? name,
    protocol,
    ...(listen === undefined ? {} : { listen }),
    tags: own.tags ?? [],
    datacenter,
    ...(fallback.length === 0 ? {} : { fallback }),
    ...(own.filter === undefined ? {} : { filter: own.filter }),
    ...(own.namespace === undefined ? {} : { namespace: own.namespace }),
    ...(own.partition === undefined ? {} : { partition: own.partition }),
    ...(own.peer === undefined ? {} : { peer: own.peer }),
    balance: own.balance ?? defaults.balance,
    onEmpty: own.on_empty ?? defaults.on_empty,
    keepFor: own.keep_for ?? defaults.keep_for,
    onWarning: own.on_warning ?? defaults.on_warning,
    maxFails: own.max_fails ?? defaults.max_fails,
    failTimeout: own.fail_timeout ?? defaults.fail_timeout,
    keepalive: protocol === 'http' ? (own.keepalive ?? defaults.keepalive) : 0,
    zone: own.zone ?? defaults.zone,
  };
}
