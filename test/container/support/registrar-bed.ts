import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Consul, type ConsulOptions, startConsul } from '../../bed/consul.ts';
import { launch, type Upsync } from '../../support/upsync.ts';
import { addressOf, docker } from './docker.ts';

/**
 * A real Consul agent and a container network of its own, for registrars that are processes of this
 * machine. They see all containers of the engine; only the bed's are in its network and bear names that
 * they know.
 */
export interface RegistrarBed extends AsyncDisposable {
  readonly consul: Consul;
  readonly network: string;
  /** Starts one that registers what is in the network and has a SERVICE_NAME, of the host `host1`. */
  register(...flags: readonly string[]): Upsync;
  /** Runs `upsync register` with other flags than that, to its end. */
  once(...flags: readonly string[]): Promise<string>;
  /** Starts a container; its service is called as it is, and has port 80. */
  run(name: string, options?: RunOptions): Promise<void>;
  /** The container's name on the engine, which is unlike those of other tests. */
  nameOf(name: string): string;
  /** Its service's id. */
  idOf(name: string, host?: string): string;
  addressOf(name: string): Promise<string>;
  /** The agent's services by id. */
  services(): Promise<Readonly<Record<string, Held>>>;
  /** The agent's checks of a service. */
  checks(id: string): Promise<readonly HeldCheck[]>;
}

export interface RunOptions {
  readonly image?: string;
  /** Of `docker run`. */
  readonly options?: readonly string[];
  readonly command?: readonly string[];
}

const Held = z.object({
  ID: z.string(),
  Service: z.string(),
  Address: z.string(),
  Port: z.number(),
  Tags: z.array(z.string()),
  Meta: z.record(z.string(), z.string()),
});
type Held = z.infer<typeof Held>;

const HeldCheck = z.object({
  CheckID: z.string(),
  ServiceID: z.string(),
  Status: z.string(),
  Notes: z.string(),
  Output: z.string(),
});
type HeldCheck = z.infer<typeof HeldCheck>;

/** Goes on when it is told to stop, or to do anything else. */
export const deaf: RunOptions = {
  image: 'upsync-test/debian',
  options: ['--expose', '80'],
  command: ['sh', '-c', 'trap "" TERM HUP; while :; do sleep 1; done'],
};

export async function startRegistrarBed(options: ConsulOptions = {}): Promise<RegistrarBed> {
  await using starting = new AsyncDisposableStack();
  const key = randomUUID().slice(0, 8);
  const consul = starting.use(await startConsul(options));
  const network = `upsync-test-${key}`;
  await docker('network', 'create', network);
  starting.defer(async () => void (await docker('network', 'rm', network)));
  starting.defer(async () => {
    const left = await docker('ps', '--all', '--quiet', '--filter', `name=${key}-`);
    if (left !== '') await docker('rm', '--force', '--volumes', ...left.split('\n'));
  });
  const nameOf = (name: string) => `${key}-${name}`;
  const base = ['register', '--consul', consul.url, '--log-format', 'json', '--log-level', 'debug'];
  const token = consul.token === undefined ? {} : { CONSUL_HTTP_TOKEN: consul.token };

  const owned = starting.move();
  return {
    consul,
    network,
    register(...flags) {
      const usual = ['--internal', '--network', network, '--explicit', '--hostname', 'host1'];
      return launch('src/main.ts', [...base, ...usual, ...flags], token);
    },
    async once(...flags) {
      await using run = launch('src/main.ts', [...base, '--once', ...flags], token);
      await run.ended;
      return run.text();
    },
    async run(name, { image = 'upsync-test/web', options: more = [], command = [] } = {}) {
      const own = ['--name', nameOf(name), '--network', network, '--label', `SERVICE_NAME=${name}`];
      await docker('run', '--detach', ...own, ...more, image, ...command);
    },
    nameOf,
    idOf: (name, host = 'host1') => `${host}:${nameOf(name)}:80`,
    addressOf: (name) => addressOf(nameOf(name), network),
    services: async () => z.record(z.string(), Held).parse(await consul.request('GET', '/v1/agent/services')),
    async checks(id) {
      const all = z.record(z.string(), HeldCheck).parse(await consul.request('GET', '/v1/agent/checks'));
      return Object.values(all).filter(({ ServiceID }) => ServiceID === id);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
