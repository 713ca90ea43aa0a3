import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { addressOf } from './support/docker.ts';
import { buildSidecar } from './support/sidecar-image.ts';

const root = join(import.meta.dirname, '../..');
/** Where the set-up puts Compose on a machine that has none. */
const config = join(root, 'node_modules/.cache/upsync/docker');

beforeAll(buildSidecar);

test('what docker-compose.yml describes comes up healthy, and a service that joins is answered', async () => {
  await using stack = await up();
  const gateway = `http://${await stack.address('gateway')}`;
  const consul = `http://${await stack.address('consul')}:8500`;
  expect(await status(`${gateway}/web1/`)).toBe(503);

  // The gateway's own health page stands in for a service.
  const Address = await stack.address('gateway');
  const body = JSON.stringify({ Name: 'web1', Address, Port: 80 });
  expect((await fetch(`${consul}/v1/agent/service/register`, { method: 'PUT', body })).status).toBe(200);
  await expect.poll(() => status(`${gateway}/web1/healthz`), { timeout: 20_000 }).toBe(200);

  // Inside the container, as a person would, whatever it listens on.
  const told = JSON.parse(await stack.exec('upsync', 'upsync', 'status', '--json'));
  expect(told).toMatchObject({ ready: true, upstreams: { web1: { up: 1 }, web2: { origin: 'down' } } });
});

interface Stack extends AsyncDisposable {
  address(service: string): Promise<string>;
  /** Runs a command in a service's container, and returns what it printed. */
  exec(service: string, ...command: readonly string[]): Promise<string>;
}

async function up(): Promise<Stack> {
  const project = `upsync-test-${randomUUID()}`;
  const compose = execa({
    cwd: root,
    env: {
      ...(existsSync(config) ? { DOCKER_CONFIG: config } : {}),
      COMPOSE_PROJECT_NAME: project,
      NGINX_IMAGE: 'upsync-test/nginx',
      CONSUL_IMAGE: 'upsync-test/consul',
      UPSYNC_IMAGE: 'upsync-test/upsync',
      // Any free port.
      GATEWAY_PORT: '0',
      CONSUL_PORT: '0',
    },
  });
  const down = async () => {
    await compose`docker compose down --volumes --timeout 1`;
  };
  try {
    await compose`docker compose up --detach --wait --no-build`;
  } catch (error) {
    const logs = await compose`docker compose logs`;
    await down();
    throw new Error(logs.stdout, { cause: error });
  }
  return {
    async address(service) {
      const { stdout: id } = await compose`docker compose ps --quiet ${service}`;
      return addressOf(id, `${project}_default`);
    },
    async exec(service, ...command) {
      return (await compose`docker compose exec -T ${service} ${command}`).stdout;
    },
    [Symbol.asyncDispose]: down,
  };
}

async function status(url: string): Promise<number> {
  return (await fetch(url)).status;
}
