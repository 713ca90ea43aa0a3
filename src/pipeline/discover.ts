import { quoted } from './admission.ts';
import { perObject } from './memo.ts';
import { serviceQueries } from './observe.ts';
import type { Notice } from './outcome.ts';
import type { DiscoverPlan, Plan, UpstreamPlan } from './plan.ts';
import { type CatalogQuery, type Query, queryKey } from './query.ts';
import { isAnswerTo, type Snapshot } from './snapshot.ts';
import type { View } from './view.ts';

/** The upstreams of a pass: those that the configuration names, and those that its rule finds. */
export interface Found {
  /** Sorted by name. The same object for the same upstream, as long as its rule is the same. */
  readonly upstreams: readonly UpstreamPlan[];
  /** Names of those that were found before, and that the catalog has no more. */
  readonly gone: ReadonlySet<string>;
  readonly notices: readonly Notice[];
  /** Whether the catalog has answered, if it is to be asked. */
  readonly isKnown: boolean;
}

/** Consul's own service: how the servers of the cluster find each other. */
const consulItself = 'consul';

/** So many services that have no upstream are named. */
const named = 20;

export const catalogQuery = perObject(
  ({ settings: { datacenter } }: DiscoverPlan): CatalogQuery => ({ kind: 'services', datacenter }),
);

/** What it finds, for people. */
export function ruleText({ tag, settings: { filter } }: DiscoverPlan): string {
  const which = tag === '' ? 'every service' : `services with the tag ${quoted(tag)}`;
  return filter ? `${which} that ${quoted(filter)} lets pass` : which;
}

/** What has to be asked for these upstreams, and to find more. */
export function queriesOf(plan: Plan, upstreams: readonly UpstreamPlan[]): Query[] {
  const catalog = plan.discover === undefined ? [] : [catalogQuery(plan.discover)];
  return [...catalog, ...upstreams.flatMap(serviceQueries)];
}

/**
 * Services enter by the catalog, and leave by the policy for empty ones like any other: what was found `before` is
 * followed until it is gone from the view, whether the catalog has it or has not answered.
 */
export function upstreamsOf(plan: Plan, snapshot: Snapshot, before: View | undefined): Found {
  const rule = plan.discover;
  if (rule === undefined) return { upstreams: plan.upstreams, gone: new Set(), notices: [], isKnown: true };
  const answer = snapshot.get(queryKey(catalogQuery(rule)));
  const isAnswered = isAnswerTo('services', answer);
  const listed = isAnswered ? matching(rule, answer.value) : [];
  const isListed = new Set(listed);
  const here = plan.upstreams.filter(({ datacenter }) => datacenter === rule.settings.datacenter);
  const mayHaveRoute = (one: UpstreamPlan) =>
    one.protocol === 'http' && here.includes(one) && isListed.has(one.service);
  const followed = new Set(here.map(({ service }) => service));
  const known = (before?.upstreams ?? []).flatMap(({ discovered, service }) =>
    discovered === true && !rule.exclude.has(service) ? [service] : [],
  );
  const wanted = [...new Set([...known, ...listed])].filter((service) => !followed.has(service));

  const names = new Map(plan.upstreams.map(({ name }) => [name.toLowerCase(), name]));
  const refused: Notice[] = [];
  const found: UpstreamPlan[] = [];
  const made = madeFor(rule);
  let crowd = 0;
  for (const service of wanted) {
    const refusal = refusalOf(service, names);
    if (refusal !== undefined)
      refused.push({ kind: 'undiscovered', upstream: shown(service), reason: refusal });
    else if (found.length === rule.max) crowd += 1;
    else {
      names.set(service.toLowerCase(), service);
      found.push(made.plans.get(service) ?? planFor(rule, service));
    }
  }
  const others = [...made.plans].filter(([service]) => !isAnswered || isListed.has(service));
  made.plans = new Map([...others, ...found.map((one) => [one.service, one] as const)]);
  return {
    upstreams: [...plan.upstreams.map((one) => (mayHaveRoute(one) ? routed(one) : one)), ...found].sort(
      (a, b) => (a.name < b.name ? -1 : 1),
    ),
    gone: new Set(isAnswered ? known.filter((service) => !isListed.has(service)) : []),
    isKnown: isAnswered,
    notices: [
      ...refused.slice(0, named),
      ...crowded(refused.length - named, 'likewise'),
      ...crowded(crowd, `discover.max is ${rule.max}`),
    ],
  };
}

/** In the catalog's order, which is that of their names. */
function matching(
  { tag, exclude }: DiscoverPlan,
  catalog: readonly { readonly name: string; readonly tags: readonly string[] }[],
): string[] {
  return catalog.flatMap(({ name, tags }) => {
    const isMeant = (tag === '' || tags.includes(tag)) && !exclude.has(name);
    return isMeant && name.toLowerCase() !== consulItself ? [name] : [];
  });
}

/**
 * Why a service cannot give its name to an upstream. A dot would make it the name of a host: nginx leads
 * `proxy_pass http://api.example.org` to an upstream of that name, and whoever registers one would get its requests.
 */
function refusalOf(service: string, names: ReadonlyMap<string, string>): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(service) || /^(\d+|0x[\da-f]*|localhost)$/i.test(service))
    return 'its name is none for an upstream (letters, digits, _ and -); name it under upstreams: NAME: {service: …}';
  const twin = names.get(service.toLowerCase());
  return twin === undefined ? undefined : `to nginx its name is that of the upstream ${quoted(twin)}`;
}

function shown(service: string): string {
  return /^[\w.-]{1,63}$/.test(service) ? service : quoted(service);
}

function crowded(services: number, reason: string): Notice[] {
  return services > 0 ? [{ kind: 'crowded', services, reason }] : [];
}

/**
 * By service. Programs beside nginx have the same rule and may have found others: what the catalog lists stays, and more
 * need not be known of what comes and goes.
 */
const madeFor = perObject((_: DiscoverPlan): { plans: ReadonlyMap<string, UpstreamPlan> } => ({
  plans: new Map(),
}));

export function planFor({ settings, tag }: DiscoverPlan, service: string): UpstreamPlan {
  const tags = tag === '' ? [] : [tag];
  return { ...settings, name: service, service, tags, discovered: true, routed: true };
}

/** One that the configuration names is told apart by nothing but its settings: it has its routes too. */
const routed = perObject((plan: UpstreamPlan): UpstreamPlan => ({ ...plan, routed: true }));
