import type { Config } from '../config/config.ts';
import { readAgent, readLeader } from '../consul/agent-facts.ts';
import { readCatalog } from '../consul/catalog.ts';
import { createClient } from '../consul/client.ts';
import { lookAtFleet } from '../consul/fleet.ts';
import { TUNING } from '../consul/options.ts';
import type { ConsulFacts } from './consul.ts';
import { attempt, resultOf } from './finding.ts';

/** Each question on its own: a token that may not ask one may ask the next. */
export async function askConsul(
  { consul, plan }: Pick<Config, 'consul' | 'plan'>,
  patience: number,
  signal: AbortSignal,
): Promise<ConsulFacts> {
  const token = await attempt(consul.token, signal);
  const hasToken = resultOf(token) !== undefined;
  const timeout = Math.min(patience, consul.timeout);
  const made = await attempt(() => createClient({ ...consul, timeout }, TUNING), signal);
  if ('problem' in made) return { hasToken, leader: made, agent: made, catalogs: [] };
  const client = made.value;
  signal.addEventListener('abort', () => client.close(), { once: true });
  const settings = [...plan.upstreams, ...(plan.discover === undefined ? [] : [plan.discover.settings])];
  const datacenters = [
    ...new Set(settings.flatMap(({ datacenter, fallback = [] }) => [datacenter, ...fallback])),
  ];
  const { fleet: own } = plan;
  const [fleet, leader, agent, ...catalogs] = await Promise.all([
    own && attempt(() => lookAtFleet({ ...consul, timeout }, own, signal), signal),
    attempt(() => readLeader(client, signal), signal),
    attempt(() => readAgent(client, signal), signal),
    ...datacenters.map(async (datacenter) => ({
      datacenter,
      names: await attempt(() => readCatalog(client, { datacenter }, signal), signal),
    })),
  ]);
  return { hasToken, leader, agent, catalogs, ...(fleet === undefined ? {} : { fleet }) };
}
