import { z } from 'zod';
import { type Consul, startConsul } from '../bed/consul.ts';

const Self = z.object({ DebugConfig: z.object({ SerfPortWAN: z.number() }) });
const Names = z.array(z.string());

/** Two datacenters that know each other, `dc1` and `dc2`, of one server each. */
export async function startDatacenters(): Promise<readonly [dc1: Consul, dc2: Consul]> {
  const [one, two] = await Promise.all([
    startConsul({ node: 'one' }),
    startConsul({ node: 'two', hcl: 'datacenter = "dc2"' }),
  ]);
  const { DebugConfig } = Self.parse(await two.request('GET', '/v1/agent/self'));
  await one.request('PUT', `/v1/agent/join/127.0.0.1:${DebugConfig.SerfPortWAN}?wan=1`);
  const both = async () => Names.parse(await one.request('GET', '/v1/catalog/datacenters')).length === 2;
  // Their servers tell each other in their own time.
  const deadline = Date.now() + 20_000;
  while (!(await both()))
    if (Date.now() > deadline) throw new Error('the datacenters do not find each other');
  return [one, two];
}
