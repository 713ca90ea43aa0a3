import { join } from 'node:path';
import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';
import { onTestFailed } from 'vitest';
import { addressOf, createVolume, docker, logOf } from './docker.ts';

const root = join(import.meta.dirname, '../../..');
const configuration = ['nginx.conf', 'by-hand/machine.conf'].map(
  (file) =>
    ({
      source: join(root, 'nginx', file),
      target: `/etc/nginx/${file.replace('/machine', '')}`,
      mode: 'ro',
    }) as const,
);
const entrypoint = '/docker-entrypoint.d/90-upsync.sh';
const nginxStands = Wait.forLogMessage(/start worker process/);

/** What docker-compose.yml describes, on a network of its own, with web services that come one by one. */
export interface GatewayBed extends AsyncDisposable {
  /** Starts an instance of web1, registers it and returns its name, which is all that it answers. */
  join(): Promise<string>;
  /** Takes an instance away without a word, so that only its check tells. */
  kill(name: string): Promise<void>;
  /** Who answers for web1, by as many requests, each on a fresh connection. */
  answers(requests?: number): Promise<string[]>;
  /** The container that stands now. */
  gateway(): StartedTestContainer;
  /** Takes the gateway away and makes another one. */
  recreateGateway(): Promise<void>;
  readonly sidecar: StartedTestContainer;
}

export async function startGatewayBed(): Promise<GatewayBed> {
  await using starting = new AsyncDisposableStack();
  // What is started belongs to this function until it returns, and to the bed from then on.
  let owner: AsyncDisposableStack = starting;
  const network = owner.use(await new Network().start());
  const volume = owner.use(await createVolume());
  const shared = { source: volume.name, target: '/etc/nginx/upsync' };
  const webs = new Map<string, StartedTestContainer>();

  const start = async (container: GenericContainer): Promise<StartedTestContainer> =>
    owner.use(await container.withNetwork(network).start());

  const consul = await start(
    new GenericContainer('upsync-test/consul')
      .withNetworkAliases('consul')
      .withWaitStrategy(Wait.forLogMessage(/cluster leadership acquired/)),
  );
  const agent = `http://${await addressOf(consul.getId(), network.getName())}:8500/v1/agent`;

  const upsync = () =>
    new GenericContainer('upsync-test/upsync').withBindMounts([...configuration, shared]).withEnvironment({
      UPSYNC_SERVICES: 'web1,web2',
      UPSYNC_CONSUL: 'http://consul:8500',
      UPSYNC_NGINX_SIGNAL: 'fifo',
      UPSYNC_NGINX_PROOF: 'gateway:9466',
      UPSYNC_LOG_FORMAT: 'pretty',
    });
  const startGateway = () =>
    start(
      new GenericContainer('upsync-test/nginx')
        .withNetworkAliases('gateway')
        .withBindMounts([
          ...configuration,
          shared,
          { source: join(root, 'nginx', entrypoint), target: entrypoint, mode: 'ro' },
        ])
        .withWaitStrategy(nginxStands),
    );

  await start(
    upsync().withCommand(['--once', '--apply', '--seed']).withWaitStrategy(Wait.forOneShotStartup()),
  );
  let gateway = await startGateway();
  const sidecar = await start(upsync());
  let logs: readonly string[] = [];
  onTestFailed(() => console.error(logs.join('\n')));

  owner = starting.move();
  return {
    async join() {
      const name = `web1-${webs.size + 1}`;
      const web = await start(new GenericContainer('upsync-test/web').withHostname(name));
      const Address = await addressOf(web.getId(), network.getName());
      const Check = { HTTP: `http://${Address}/`, Interval: '1s', Timeout: '1s', Status: 'passing' };
      await put(`${agent}/service/register`, { ID: name, Name: 'web1', Address, Port: 80, Check });
      webs.set(name, web);
      return name;
    },
    async kill(name) {
      await docker('kill', webs.get(name)?.getId() ?? name);
    },
    async answers(requests = 12) {
      const url = `http://${await addressOf(gateway.getId(), network.getName())}:8080/web1/`;
      const names = await Promise.all(Array.from({ length: requests }, () => ask(url)));
      return [...new Set(names)].sort();
    },
    gateway: () => gateway,
    async recreateGateway() {
      await gateway.stop();
      gateway = await startGateway();
    },
    sidecar,
    async [Symbol.asyncDispose]() {
      // Only after this is a test known to have failed, and then the containers are gone.
      logs = await Promise.all([gateway, sidecar].map((container) => logOf(container.getId())));
      await owner.disposeAsync();
    },
  };
}

async function put(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, { method: 'PUT', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

/** The name of the instance that answered, or else the status. */
async function ask(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) });
  return response.ok ? (await response.text()).trim() : `${response.status}`;
}
