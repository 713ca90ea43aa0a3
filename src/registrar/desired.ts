import { checkFor } from './check.ts';
import type { Container, Port } from './container.ts';
import { marksOf, shortId } from './marks.ts';
import { metaOf } from './meta.ts';
import { type Place, placeOf } from './place.ts';
import type { RegistrarPlan } from './plan.ts';
import type { Desired, LeftOut } from './service.ts';
import { type Settings, settingsFor, splitTags } from './settings.ts';

/** What the plan leaves open, found out. */
export interface Identity {
  readonly owner: string;
  readonly hostname: string;
  /** Where ports are reached that are published on all of the host's addresses. */
  readonly hostAddress: string | undefined;
}

export interface Wish {
  readonly services: readonly Desired[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * The services that the agent shall hold, by Registrator's conventions
 * (https://gliderlabs.github.io/registrator/latest/user/services/). Stopped containers have none.
 */
export function desire(
  containers: readonly Container[],
  plan: RegistrarPlan,
  identity: Identity,
  maintenance: (container: Container) => string | undefined,
): Wish {
  const services = new Map<string, Desired>();
  const leftOut: LeftOut[] = [];
  // The oldest first: of two with one id, the younger is the mistake.
  const alive = containers.filter(({ state }) => state !== 'exited');
  for (const container of alive.toSorted((a, b) => a.startedAt - b.startedAt)) {
    for (const one of desireOf(container, plan, identity)) {
      const twin = 'service' in one ? services.get(one.service.id) : undefined;
      if (!('service' in one)) leftOut.push(one);
      else if (twin === undefined)
        services.set(one.service.id, { ...one, maintenance: maintenance(container) });
      else leftOut.push({ what: one.what, reason: `its id ${one.service.id} is that of another service` });
    }
  }
  return { services: [...services.values()], leftOut };
}

type Found = LeftOut | (Omit<Desired, 'maintenance'> & { readonly what: string });

function desireOf(container: Container, plan: RegistrarPlan, identity: Identity): readonly Found[] {
  const placed = container.ports.map((port) => ({
    port,
    place: placeOf(container, port, plan, identity.hostAddress),
  }));
  const published = placed.filter(({ place }) => place.kind !== 'unpublished');
  return published.flatMap(({ port, place }) =>
    desireFor(container, port, place, published.length > 1, plan, identity),
  );
}

function desireFor(
  container: Container,
  port: Port,
  place: Place,
  isOneOfSeveral: boolean,
  plan: RegistrarPlan,
  { owner, hostname }: Identity,
): readonly Found[] {
  const settings = settingsFor(port.number, container.settings);
  const name = nameFor(container, port, isOneOfSeveral, settings, plan);
  if (settings.get('ignore') !== undefined || name === undefined) return [];
  const what = `${container.name}:${port.number}`;
  if (place.kind !== 'at') return place.kind === 'refused' ? [{ what, reason: place.reason }] : [];
  if (port.protocol === 'sctp') return [{ what, reason: 'it is an SCTP port' }];
  const isUdp = port.protocol === 'udp';
  const { address, port: number } = place;
  const tags = [...splitTags(settings.get('tags') ?? ''), ...plan.tags, ...(isUdp ? ['udp'] : [])];
  const { meta, leftOut } = metaOf(settings, marksOf(owner, container.id));
  const service = {
    id: settings.get('id') ?? `${hostname}:${container.name}:${port.number}${isUdp ? ':udp' : ''}`,
    name,
    address,
    port: number,
    tags: [...new Set(tags)],
    meta,
    check: checkFor(settings, place, container, plan),
  };
  return [{ what, container: container.id, service }, ...leftOut.map((reason) => ({ what, reason }))];
}

/** Undefined where only named ones are wanted and it has no name. */
function nameFor(
  { image, id }: Container,
  port: Port,
  isOneOfSeveral: boolean,
  settings: Settings,
  { explicit }: RegistrarPlan,
): string | undefined {
  const given = settings.get('name');
  if (given === undefined && explicit) return undefined;
  const name = given ?? baseName(image) ?? shortId(id);
  return isOneOfSeveral && !settings.isOwn('name') ? `${name}-${port.number}` : name;
}

/** `registry:5000/team/web:1.2@sha256:…` is `web`. */
function baseName(image: string): string | undefined {
  return image.split('/').at(-1)?.split(/[:@]/)[0] || undefined;
}
