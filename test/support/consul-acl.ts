import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Consul } from '../bed/consul.ts';

/** What upsync needs. */
export const READ = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';

interface Granted {
  readonly token: string;
  setRules(rules: string): Promise<void>;
  delete(): Promise<void>;
}

/** A token of its own with a policy of its own. */
export async function grant(consul: Consul, rules: string): Promise<Granted> {
  const name = randomUUID();
  const policy = z
    .object({ ID: z.string() })
    .parse(await consul.request('PUT', '/v1/acl/policy', { Name: name, Rules: rules }));
  const made = await consul.request('PUT', '/v1/acl/token', { Policies: [{ ID: policy.ID }] });
  const token = z.object({ SecretID: z.string(), AccessorID: z.string() }).parse(made);
  return {
    token: token.SecretID,
    async setRules(changed) {
      await consul.request('PUT', `/v1/acl/policy/${policy.ID}`, { Name: name, Rules: changed });
    },
    async delete() {
      await consul.request('DELETE', `/v1/acl/token/${token.AccessorID}`);
    },
  };
}
