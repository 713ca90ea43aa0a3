import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { followEvents } from '../support/event-stream.ts';
import { gateway } from '../support/gateway.ts';
import { listening, neverReading, send, statusOf, statusUrl } from '../support/status.ts';
import { startUpsync } from '../support/upsync.ts';

const services = 200;
const instances = 50;
const names = Array.from({ length: services }, (_, index) => `web${index}`);

/** By transactions, of which Consul takes 64 operations each: one by one it would take a minute. */
async function registerAll(consul: Consul): Promise<void> {
  await consul.request('PUT', '/v1/catalog/register', { Node: 'large', Address: '127.0.0.1' });
  const all = names.flatMap((service, index) =>
    Array.from({ length: instances }, (_, number) => ({
      Service: {
        Verb: 'set',
        Node: 'large',
        Service: {
          ID: `${service}-${number}`,
          Service: service,
          Address: `127.1.${index}.${number + 1}`,
          Port: 80,
        },
      },
    })),
  );
  for (let from = 0; from < all.length; from += 64) {
    await consul.request('PUT', '/v1/txn', all.slice(from, from + 64));
  }
}

/** Resident memory in MB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

test('200 upstreams of 50 servers are told at once, and one that joins in a small message, whoever else does not read', async () => {
  // A blocking query for each service, rather than most of them read again and again.
  await using consul = await startConsul({ hcl: 'limits { http_max_conns_per_client = 400 }' });
  await using nginx = await startNginx(gateway());
  await registerAll(consul);
  const follow = ['--consul-max-connections', '300', ...names.flatMap((name) => ['--service', name])];
  await using upsync = startUpsync({ consul, nginx }, ...follow, ...listening);
  await upsync.next('published');
  const at = await statusUrl(upsync);
  using stream = await followEvents(`${at}events`);
  await stream.until(({ ready }) => ready);

  const status = await statusOf(at);
  expect(Object.values(status.upstreams).map(({ up }) => up)).toEqual(names.map(() => instances));
  // What the first release brought is counted, and named in part.
  expect(status.releases[1]?.changes).toHaveLength(50);
  for (const path of ['', 'status', 'metrics', 'healthz', 'readyz']) {
    const { status, body } = await send(at + path);
    expect(status).toBe(200);
    expect(body.length).toBeLessThan(2_500_000);
  }

  const before = await memoryOf(upsync.pid);
  const deaf = Array.from({ length: 20 }, () => neverReading(at));
  const from = stream.lengths.length;
  for (let number = 1; number <= 3; number += 1) {
    await consul.request('PUT', '/v1/catalog/register', {
      Node: 'large',
      Address: '127.0.0.1',
      SkipNodeUpdate: true,
      Service: { ID: `more-${number}`, Service: 'web7', Address: `127.2.0.${number}`, Port: 80 },
    });
    await stream.until(({ upstreams }) => upstreams.web7?.up === instances + number);
  }
  expect(Math.max(...stream.lengths.slice(from))).toBeLessThan(100_000);
  expect((await memoryOf(upsync.pid)) - before).toBeLessThan(100);
  expect((await send(`${at}readyz`)).status).toBe(200);
  for (const each of deaf) each[Symbol.dispose]();
});
