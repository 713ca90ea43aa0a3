import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ask } from '../support/gateway.ts';
import { startHosts } from './support/hosts.ts';
import { buildExposing, buildServices } from './support/services-image.ts';
import { buildSidecar } from './support/sidecar-image.ts';

beforeAll(async () => {
  await buildSidecar();
  await buildServices();
  for (const port of [30_002, 30_003]) await buildExposing(port);
});

test('of three hosts the first sends traffic to both others; one that is cut off leaves, and comes back', async () => {
  await using hosts = await startHosts();
  const gateway = `http://${hosts.server}:8080`;
  const within = { timeout: 60_000 };
  const nodes = () => nodesBehind(`${gateway}/web1/`).catch(String);
  await expect.poll(nodes, within).toEqual(['node2', 'node3']);
  for (const url of [`${gateway}/web1/get`, `http://${hosts.server}:8088/web1/get`]) {
    const { status, body } = await ask(url);
    expect([status, JSON.parse(body)]).toMatchObject([200, { redis: expect.any(Number), web2: {} }]);
  }

  await hosts.cut(2);
  await expect.poll(() => stateOf(hosts.server, 'node2'), within).not.toBe('passing');
  await expect.poll(nodes, within).toEqual(['node3']);

  await hosts.mend(2);
  await expect.poll(nodes, within).toEqual(['node2', 'node3']);
});

const Who = z.object({ node: z.string() });
const Checks = z.array(z.object({ CheckID: z.string(), Status: z.string() }));

/** The nodes that answered, and every status but 200. */
async function nodesBehind(url: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let each = 0; each < 12; each += 1) {
    const { status, body } = await ask(url);
    found.add(status === 200 ? Who.parse(JSON.parse(body)).node : String(status));
  }
  return [...found].toSorted();
}

/** What Consul's own agents say of a node. */
async function stateOf(server: string, node: string): Promise<string | undefined> {
  const { body } = await ask(`http://${server}:8500/v1/health/node/${node}`);
  return Checks.parse(JSON.parse(body)).find(({ CheckID }) => CheckID === 'serfHealth')?.Status;
}
