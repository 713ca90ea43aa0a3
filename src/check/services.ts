import { nearest } from '../config/nearest.ts';
import { type Observation, serviceQueries } from '../pipeline/observe.ts';
import type { Emptiness, Notice } from '../pipeline/outcome.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import type { Snapshot } from '../pipeline/snapshot.ts';
import { noticeLine } from '../report/notice-line.ts';
import type { Catalog } from './consul.ts';
import { count, type Finding, fail, ok, resultOf, warn } from './finding.ts';

/** What was heard of the services. */
export interface ServiceFacts {
  readonly observations: readonly Observation[];
  readonly snapshot: Snapshot;
  /** Why a query has no answer. */
  readonly failures: ReadonlyMap<QueryKey, Problem>;
  readonly catalogs: readonly Catalog[];
  /** What a pass has to say of them now. */
  readonly notices: readonly Notice[];
  /** ms since the epoch. */
  readonly now: number;
}

/** More notices of one kind than this for one upstream are counted, not told. */
const told = 3;

/** Where the token sees nothing of a datacenter, its check says so, and there is nothing to say of services. */
export function checkServices(facts: ServiceFacts): Finding[] {
  return facts.observations.flatMap((observation) => {
    const { plan, answered } = observation;
    if (answered) return [...checkTraffic(observation), ...checkNotices(observation, facts)];
    const failure = serviceQueries(plan)
      .map((query) => facts.failures.get(queryKey(query)))
      .find((problem) => problem !== undefined);
    return failure === undefined || seenBy(facts, observation).length === 0 ? [] : [fail('service', failure)];
  });
}

/** Where nobody takes traffic a notice says so. */
function checkTraffic({ plan, registered, servers, leftOut }: Observation): Finding[] {
  const up = servers.filter(({ state }) => state === 'up').length;
  if (up === 0) return [];
  const having = (health: string) => registered.filter((instance) => instance.health === health).length;
  const others = [
    [having('critical'), 'critical'],
    [having('warning'), 'with a warning'],
    [having('maintenance'), 'in maintenance'],
    [new Set(leftOut.map(({ key }) => key)).size, 'left out'],
  ] as const;
  const counts = others.map(([number, word]) => (number === 0 ? '' : `, ${number} ${word}`)).join('');
  const title = plan.name === plan.service ? plan.name : `${plan.name} (${plan.service})`;
  return [ok('service', `${title}  ${count(up, 'instance')} take${up === 1 ? 's' : ''} traffic${counts}`)];
}

function checkNotices(observation: Observation, facts: ServiceFacts): Finding[] {
  const { name } = observation.plan;
  const own = facts.notices.filter((notice) => 'upstream' in notice && notice.upstream === name);
  return [...Map.groupBy(own, ({ kind }) => kind).values()].flatMap((notices) => {
    const said = notices.slice(0, told).map((notice) => {
      const remedy = remedyFor(notice, observation, facts);
      return warn('service', {
        what: noticeLine(notice, facts.now).text,
        ...(remedy !== undefined && { remedy }),
      });
    });
    const rest = notices.length - said.length;
    return rest === 0 ? said : [...said, warn('service', { what: `${name}  and ${rest} more like these` })];
  });
}

function remedyFor(notice: Notice, observation: Observation, facts: ServiceFacts): string | undefined {
  switch (notice.kind) {
    case 'kept':
    case 'down':
    case 'dropped':
      return remedyForEmpty(notice.empty.why, observation, facts);
    case 'held':
      return 'see whether they are to go; guard in the configuration bounds what goes at once';
    case 'doubtful':
      return 'register an address that the gateway can reach it at';
    case 'leftOut':
      return 'register what nginx can use, or see addresses and expose in the configuration';
    default:
      return undefined;
  }
}

function remedyForEmpty(
  why: Emptiness['why'],
  observation: Observation,
  facts: ServiceFacts,
): string | undefined {
  const { plan } = observation;
  switch (why) {
    case 'none registered': {
      const guess = nearest(plan.service, otherNames(observation, facts));
      return guess === undefined ? 'register it, or mend its name' : `did you mean ${guess}?`;
    }
    case 'other tags':
      return `it follows those with ${plan.tags.map((tag) => `"${tag}"`).join(' and ')} alone`;
    case 'unhealthy':
      return 'see its checks in Consul';
    case 'maintenance':
      return 'end the maintenance in Consul';
    case 'left out':
      return undefined;
  }
}

/** Services that the token sees and nobody follows yet. */
function otherNames(observation: Observation, facts: ServiceFacts): readonly string[] {
  const followed = new Set(facts.observations.map(({ plan }) => plan.service));
  return seenBy(facts, observation).filter((name) => name !== 'consul' && !followed.has(name));
}

function seenBy({ catalogs }: ServiceFacts, { plan }: Observation): readonly string[] {
  const catalog = catalogs.find(({ datacenter }) => datacenter === plan.datacenter);
  return (catalog && resultOf(catalog.names)) ?? [];
}
