import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import type { Client } from './client.ts';

/** What an agent says of itself. */
export interface AgentFacts {
  readonly version: string;
  readonly node: string;
  readonly datacenter: string;
  /** How many connections one client may hold open; undefined where it does not say. */
  readonly connections: number | undefined;
}

/** `/v1/agent/self`. `DebugConfig` is no promise of Consul's: what is missing there is not known. */
const Self = z.object({
  Config: z.object({ Version: z.string(), NodeName: z.string(), Datacenter: z.string() }),
  DebugConfig: z
    .object({ HTTPMaxConnsPerClient: z.number().int().positive().optional().catch(undefined) })
    .catch({}),
});

export async function readAgent(client: Client, signal: AbortSignal): Promise<AgentFacts> {
  const found = Self.safeParse((await client.self(signal)).json());
  if (!found.success)
    throw new ProblemError({ what: "what the agent says of itself is not built as Consul's is" });
  const { Config, DebugConfig } = found.data;
  return {
    version: Config.Version,
    node: Config.NodeName,
    datacenter: Config.Datacenter,
    connections: DebugConfig.HTTPMaxConnsPerClient,
  };
}

/** `host:port` of the cluster's leader; empty where it has none. */
export async function readLeader(client: Client, signal: AbortSignal): Promise<string> {
  const leader = z.string().safeParse((await client.leader(signal)).json());
  if (leader.success) return leader.data;
  throw new ProblemError({
    what: 'what answers there is not Consul',
    remedy: 'check that consul.address leads to a Consul agent',
  });
}
