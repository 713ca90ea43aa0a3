import { addressOf } from './instance.ts';
import type { Observation } from './observe.ts';
import type { Left, UpstreamChange } from './outcome.ts';
import { routesIn } from './routes.ts';
import type { Server, Upstream, View } from './view.ts';

/** Who joined, left and changed, upstream by upstream; upstreams in which nothing did are left out. */
export function changesBetween(
  before: View | undefined,
  after: View,
  observed: readonly Observation[] = [],
): UpstreamChange[] {
  const seen = new Map(observed.map((observation) => [observation.plan.name, observation]));
  const old = new Map((before?.upstreams ?? []).map((upstream) => [upstream.name, upstream]));
  const current = new Map(after.upstreams.map((upstream) => [upstream.name, upstream]));
  const [led, leads] = [routesIn(before), routesIn(after)];
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((name) => old.get(name) !== current.get(name) || led.get(name) !== leads.get(name))
    .sort()
    .map((name) => ({
      ...changeOf(name, old.get(name), current.get(name), seen.get(name)),
      ...comingOf(old.get(name), current.get(name)),
      ...routeChange(led.get(name), leads.get(name)),
    }))
    .filter(isWorthTelling);
}

function comingOf(was: Upstream | undefined, is: Upstream | undefined): Pick<UpstreamChange, 'found'> {
  return was === undefined && is?.discovered === true ? { found: true } : {};
}

function routeChange(before = '', after = ''): Pick<UpstreamChange, 'route'> {
  return before === after ? {} : { route: { before, after } };
}

function isWorthTelling({ joined, left, changed, found, route }: UpstreamChange): boolean {
  return joined.length + left.length + changed.length > 0 || found === true || route !== undefined;
}

function changeOf(
  upstream: string,
  was: Upstream | undefined,
  is: Upstream | undefined,
  observation: Observation | undefined,
): UpstreamChange {
  const old = byAddress(was);
  const current = byAddress(is);
  const joined = [...current.values()].filter((server) => !old.has(addressOf(server)));
  const gone = [...old.values()].filter((server) => !current.has(addressOf(server)));
  const left = gone.map((server) => withReason(server, observation));
  const changed = [...current.values()].flatMap((after) => {
    const before = old.get(addressOf(after));
    if (before === undefined) return [];
    return before.weight !== after.weight || before.state !== after.state ? [{ before, after }] : [];
  });
  const up = [...current.values()].filter(({ state }) => state === 'up').length;
  return { upstream, gone: is === undefined, joined, left, changed, up };
}

function withReason(server: Server, observation: Observation | undefined): Left {
  if (observation?.answered !== true) return server;
  const address = addressOf(server);
  const instance = observation.registered.find((one) => addressOf(one) === address);
  // What is well and left gave way to another datacenter.
  if (instance?.health === 'passing') return server;
  if (instance !== undefined) return { ...server, why: instance.health };
  const isLeftOut = observation.leftOut.some(({ key }) => key === server.key);
  return { ...server, why: isLeftOut ? 'left out' : 'deregistered' };
}

function byAddress(upstream: Upstream | undefined): Map<string, Server> {
  return new Map((upstream?.servers ?? []).map((server) => [addressOf(server), server]));
}
