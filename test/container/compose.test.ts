import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ask } from '../support/gateway.ts';
import { docker } from './support/docker.ts';
import { instances, scaledUnderLoad } from './support/instances.ts';
import { buildServices } from './support/services-image.ts';
import { buildSidecar } from './support/sidecar-image.ts';
import { compose, crash, type Stack, startStack } from './support/stack.ts';

const machine = ['consul-server', 'gateway', 'mysql', 'redis', 'registrar', 'seed', 'upsync', 'web1', 'web2'];
const observability = ['banyandb', 'oap', 'skywalking-ui'];
const server = ['consul', 'gateway', 'mysql', 'redis', 'seed', 'upsync'].map((name) => `server-${name}`);
const node = ['consul', 'registrar', 'web1', 'web2'].map((name) => `node-${name}`);

test.for<[string, readonly string[]]>([
  ['machine', machine],
  ['machine,observability', [...machine, ...observability]],
  ['server', server],
  ['server,observability', [...server, ...observability]],
  ['node', node],
])('with COMPOSE_PROFILES=%s there are the services that it stands for', async ([profiles, services]) => {
  const listed = await compose({ env: { COMPOSE_PROFILES: profiles } }, 'config', '--services');
  expect(listed.split('\n').toSorted()).toEqual(services.toSorted());
});

test('without a .env it is refused, with what to do', async () => {
  // Nothing set is what there is without the file.
  const env = { HOST_IP: '', NODE_NAME: '', MYSQL_ROOT_PASSWORD: '', MYSQL_PASSWORD: '', REDIS_PASSWORD: '' };
  await expect(compose({ env }, 'config')).rejects.toThrow('copy .env.example to .env first');
});

test('one service alone has the socket of Docker, and none can do more than it needs', async () => {
  const text = await compose(
    { env: { COMPOSE_PROFILES: 'machine,server,node' } },
    'config',
    '--format',
    'json',
  );
  const { services } = Config.parse(JSON.parse(text));
  const named = Object.entries(services);
  const withSocket = named.filter(([, { volumes = [] }]) =>
    volumes.some(({ target }) => /docker/.test(target)),
  );
  expect(withSocket.map(([name]) => name).filter((name) => !/gateway|mysql/.test(name))).toEqual([
    'node-registrar',
    'registrar',
  ]);
  for (const [name, { read_only, cap_drop, security_opt }] of named) {
    expect([name, read_only, cap_drop, security_opt]).toEqual([
      name,
      true,
      ['ALL'],
      ['no-new-privileges:true'],
    ]);
  }
  const published = named.filter(([, { ports = [] }]) => ports.length > 0).map(([name]) => name);
  expect(published).toEqual(['consul-server', 'gateway']);
});

describe('on one machine', () => {
  let stack: Stack;

  beforeAll(async () => {
    await buildSidecar();
    await buildServices();
    stack = await startStack({ env: { COMPOSE_PROFILES: 'machine', DRAIN_SECONDS: '3' } });
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  test.for([
    { way: 'upsync', port: 8080 },
    { way: 'the list by hand', port: 8081 },
    { way: "Consul's DNS", port: 8088 },
  ])('web1 is reached by $way, and reads MySQL and Redis and calls web2', async ({ port }) => {
    const { status, body } = await ask(`http://${await stack.address('gateway')}:${port}/web1/get`);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      service: 'service_web1',
      node: 'node1',
      instance: expect.stringMatching(/^[0-9a-f]{12}:30002$/),
      mysql: expect.arrayContaining([{ id: 1, text: 'Hello from MySQL.' }]),
      redis: expect.any(Number),
      web2: {
        service: 'service_web2',
        node: 'node1',
        instance: expect.stringMatching(/^[0-9a-f]{12}:30003$/),
      },
    });
  });

  test('upsync status tells how it stands, asked inside its container', async () => {
    const told = JSON.parse(await stack.compose('exec', '-T', 'upsync', 'upsync', 'status', '--json'));
    expect(told).toMatchObject({ ready: true, upstreams: { web1: { up: 1 }, web2: { up: 1 } } });
  });

  test('scaled to three and back to one under load, each takes traffic and no request is lost', async () => {
    const url = await gateway();
    await scaledUnderLoad(stack, url);
  });

  test('an instance that is killed leaves, and one that crashed comes back by itself', async () => {
    const url = await gateway();
    await stack.up('--scale', 'web1=2');
    await expect.poll(() => instances(url), { timeout: 20_000 }).toHaveLength(2);
    const [first = '', second = ''] = await stack.ids('web1');
    await docker('kill', second);
    await expect
      .poll(() => registered(), { timeout: 20_000 })
      .toEqual([expect.stringContaining('web1-1:30002')]);
    await expect.poll(() => instances(url), { timeout: 20_000 }).toEqual([`${first.slice(0, 12)}:30002`]);
    await crash(first);
    await answersAgain();
    await stack.up('--scale', 'web1=1');
  });

  test.for<{ what: string; how: (stack: Stack) => Promise<unknown> }>([
    { what: 'Consul was restarted', how: (all) => all.compose('restart', '--timeout', '5', 'consul-server') },
    { what: 'the gateway was restarted', how: (all) => all.compose('restart', '--timeout', '5', 'gateway') },
    { what: 'upsync was restarted', how: (all) => all.compose('restart', '--timeout', '5', 'upsync') },
    { what: 'gateway and then upsync crashed', how: (all) => crashed(all, 'gateway', 'upsync') },
    {
      what: 'upsync, Consul and gateway crashed',
      how: (all) => crashed(all, 'upsync', 'consul-server', 'gateway'),
    },
    { what: 'the registrar crashed', how: (all) => crashed(all, 'registrar') },
    { what: 'the gateway was made anew', how: (all) => all.up('--force-recreate', '--no-deps', 'gateway') },
    { what: 'upsync was made anew', how: (all) => all.up('--force-recreate', '--no-deps', 'upsync') },
    {
      what: 'Consul was made anew',
      how: (all) => all.up('--force-recreate', '--no-deps', 'consul-server'),
    },
  ])('after $what the gateway answers and follows again, with no hand on it', async ({ how }) => {
    await how(stack);
    await answersAgain();
    await follows();
  });

  const gateway = async () => `http://${await stack.address('gateway')}:8080`;
  const agent = async () => `http://${await stack.address('consul-server')}:8500/v1/agent`;

  async function registered(): Promise<readonly string[]> {
    const held = await (await fetch(`${await agent()}/services`)).json();
    const names = Object.entries(z.record(z.string(), z.object({ Service: z.string() })).parse(held));
    return names.filter(([, { Service }]) => Service === 'service_web1').map(([id]) => id);
  }

  async function answersAgain(): Promise<void> {
    const get = async () => (await ask(`${await gateway()}/web1/get`)).status;
    await expect.poll(() => get().catch(String), { timeout: 30_000 }).toBe(200);
  }

  /** What joins takes traffic, and what leaves gets none. The gateway's own health page stands in for an instance. */
  async function follows(): Promise<void> {
    const Address = await stack.address('gateway');
    const body = JSON.stringify({ ID: 'extra', Name: 'service_web1', Address, Port: 8080 });
    const put = async (path: string) => {
      const { status } = await fetch(`${await agent()}${path}`, { method: 'PUT', body });
      return status;
    };
    const isExtra = async () => {
      const url = `${await gateway()}/web1/healthz`;
      const replies = await Promise.all(Array.from({ length: 8 }, () => ask(url)));
      return replies.some(({ body }) => body === 'ok\n');
    };
    const within = { timeout: 30_000 };
    await expect.poll(() => put('/service/register').catch(String), within).toBe(200);
    await expect.poll(() => isExtra().catch(String), within).toBe(true);
    expect(await put('/service/deregister/extra')).toBe(200);
    await expect.poll(() => isExtra().catch(String), within).toBe(false);
  }
});

const Config = z.object({
  services: z.record(
    z.string(),
    z.object({
      read_only: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      security_opt: z.array(z.string()).optional(),
      volumes: z.array(z.object({ target: z.string() })).optional(),
      ports: z.array(z.unknown()).optional(),
    }),
  ),
});

async function crashed(stack: Stack, ...services: readonly string[]): Promise<void> {
  for (const service of services) for (const id of await stack.ids(service)) await crash(id);
}
