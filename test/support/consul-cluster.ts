import { z } from 'zod';
import { type Consul, startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';

/** Three servers: one may go and there is still a leader, two may not. */
export interface ConsulCluster extends AsyncDisposable {
  readonly servers: readonly Consul[];
  /** The leader first. */
  byRole(): Promise<readonly [leader: Consul, Consul, Consul]>;
}

const Self = z.object({ Stats: z.object({ consul: z.object({ leader: z.stringbool() }) }) });

export async function startCluster(): Promise<ConsulCluster> {
  const [serf = 0] = await freePorts('127.0.0.1', 1);
  const server = { mode: 'server', servers: 3 } as const;
  const other = { ...server, join: `127.0.0.1:${serf}` };
  const servers = await Promise.all([
    startConsul({ ...server, serf }),
    startConsul(other),
    startConsul(other),
  ]);
  return {
    servers,
    async byRole() {
      const [a, b, c] = servers;
      const leads = async (one: Consul) =>
        Self.parse(await one.request('GET', '/v1/agent/self')).Stats.consul.leader;
      if (await leads(a)) return [a, b, c];
      return (await leads(b)) ? [b, a, c] : [c, a, b];
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
