import type { Seen } from '../pipeline/admitted.ts';
import { addressOf, type Instance } from '../pipeline/instance.ts';
import { perObject } from '../pipeline/memo.ts';
import { byHostAndPort } from '../pipeline/observe.ts';
import { balanceWeights } from '../pipeline/weights.ts';
import type { ServiceOptions, TemplateInstance } from './it.ts';
import { plainKey, plainName } from './plain.ts';

type Wanted = Pick<ServiceOptions, 'tags' | 'health' | 'near'>;

/** What a template gets of a service. While its answer is the same, so is the list: the very object. */
export function instancesOf(seen: readonly Seen[], wanted: Wanted): readonly TemplateInstance[] {
  const made = listsOf(seen);
  const key = JSON.stringify([wanted.tags ?? [], wanted.health ?? '', wanted.near ?? '']);
  const known = made.get(key);
  if (known !== undefined) return known;
  const list = select(seen, wanted);
  made.set(key, list);
  return list;
}

const listsOf = perObject((_: readonly Seen[]) => new Map<string, readonly TemplateInstance[]>());

function select(seen: readonly Seen[], { tags = [], health = 'warning', near }: Wanted) {
  const found = seen
    .filter(({ registration }) => tags.every((tag) => registration.tags.includes(tag)))
    .flatMap(({ instances }) => instances)
    .filter((instance) => health === 'any' || mayServe(instance, health));
  // One address counts once, and serves if any of its registrations does.
  const alone = [...Map.groupBy(found, addressOf).values()].flatMap(
    (same) => same.find((instance) => mayServe(instance, 'warning')) ?? same.slice(0, 1),
  );
  const ordered = near ? alone : alone.sort(byHostAndPort);
  const weights = balanceWeights(ordered.map(({ weight }) => Math.max(1, weight)));
  return Object.freeze(ordered.map((instance, at) => toTemplate(instance, weights[at] ?? 1)));
}

function mayServe({ health, weight }: Instance, least: 'passing' | 'warning'): boolean {
  return weight > 0 && (health === 'passing' || (health === 'warning' && least === 'warning'));
}

function toTemplate(instance: Instance, weight: number): TemplateInstance {
  const { host, port, node, key, service, health, tags, meta } = instance;
  return Object.freeze({
    host,
    port,
    weight,
    state: mayServe(instance, 'warning') ? 'up' : 'down',
    health,
    service: plainName(service),
    datacenter: plainName(key.split('/', 1)[0] ?? ''),
    node: plainName(node),
    key: plainKey(key),
    tags: Object.freeze(tags),
    meta: Object.freeze(meta),
  });
}
