import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { addressOf, docker } from './docker.ts';
import { imagesFor, type Via } from './sidecar-image.ts';

const root = join(import.meta.dirname, '../../..');
/** Where the set-up puts Compose on a machine that has none. */
const config = join(root, 'node_modules/.cache/upsync/docker');

export interface StackOptions {
  /** In `.env`, beside what `.env.example` says. */
  readonly env: Readonly<Record<string, string>>;
  /** How changes reach nginx: by what the file says, where it is left out. */
  readonly via?: Via;
  /** Beside docker-compose.yml. */
  readonly files?: readonly string[];
}

/** What docker-compose.yml describes, brought up as the README says, with the local images. */
export interface Stack extends AsyncDisposable {
  compose(...args: readonly string[]): Promise<string>;
  /** The whole of it, or with other numbers of some. */
  up(...args: readonly string[]): Promise<void>;
  /** Its containers' ids, in the order of their numbers. */
  ids(service: string): Promise<readonly string[]>;
  /** In the network that they share. */
  address(service: string): Promise<string>;
}

const images = {
  CONSUL_IMAGE: 'upsync-test/consul',
  SERVICES_IMAGE: 'upsync-test/services',
  MYSQL_IMAGE: 'upsync-test/mysql',
  REDIS_IMAGE: 'upsync-test/redis',
};
/** Any free ones. */
const ports = { GATEWAY_PORT: '0', BY_HAND_PORT: '0', DNS_PORT: '0', CONSUL_PORT: '0' };

/** Runs `docker compose` with the settings of `.env.example` and these. */
export async function compose(
  { env, via, files = [] }: StackOptions,
  ...args: readonly string[]
): Promise<string> {
  const chosen = ['docker-compose.yml', ...files].flatMap((file) => ['--file', file]);
  const { gateway, sidecar } = imagesFor[via ?? 'reload'];
  const ours = { GATEWAY_IMAGE: gateway, UPSYNC_IMAGE: sidecar, ...(via && { VIA: via }) };
  const { stdout } = await execa('docker', ['compose', '--env-file', '.env.example', ...chosen, ...args], {
    cwd: root,
    env: { ...(existsSync(config) ? { DOCKER_CONFIG: config } : {}), ...images, ...ours, ...ports, ...env },
  });
  return stdout;
}

export async function startStack({ env, ...more }: StackOptions): Promise<Stack> {
  const project = `upsync-test-${randomUUID().slice(0, 8)}`;
  const byHand = await writeByHand(project);
  const options = { env: { COMPOSE_PROJECT_NAME: project, ...byHand.env, ...env }, ...more };
  const run = (...args: readonly string[]) => compose(options, ...args);
  const up = async (...args: readonly string[]) => {
    await run('up', '--detach', '--wait', '--wait-timeout', '100', '--no-build', ...args);
  };
  const ids = async (service: string) =>
    (await run('ps', '--format', '{{.Name}} {{.ID}}', '--no-trunc', service))
      .split('\n')
      .toSorted()
      .map((line) => line.split(' ')[1] ?? '');
  const end = async () => {
    await run('down', '--volumes', '--timeout', '1');
    await byHand.remove();
  };
  try {
    await up();
  } catch (error) {
    const logs = await run('logs');
    await end();
    throw new Error(logs, { cause: error });
  }
  return {
    compose: run,
    up,
    ids,
    async address(service) {
      const [id = ''] = await ids(service);
      return addressOf(id, `${project}_default`);
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Ends a container's first process behind the engine's back: the engine then starts it again by itself. */
export async function crash(id: string): Promise<void> {
  process.kill(Number(await docker('inspect', '--format', '{{.State.Pid}}', id)), 'SIGKILL');
}

/** The addresses written by hand, in a network that the same environment does not use where it runs already. */
async function writeByHand(project: string) {
  const prefix = '10.213.31';
  const path = join(tmpdir(), `${project}.conf`);
  const text = await readFile(join(root, 'nginx/by-hand/machine.conf'), 'utf8');
  await writeFile(path, text.replaceAll('10.213.30', prefix));
  return { env: { BY_HAND: path, BY_HAND_PREFIX: prefix }, remove: () => rm(path) };
}
