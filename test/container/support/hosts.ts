import { randomUUID } from 'node:crypto';
import { docker } from './docker.ts';
import { startStack } from './stack.ts';

/** Three hosts on one network, as docker-compose.yml has them: the first is the server, the others are nodes. */
export interface Hosts extends AsyncDisposable {
  /** The first one's address. */
  readonly server: string;
  /** Takes a node's cables out. */
  cut(node: 2 | 3): Promise<void>;
  mend(node: 2 | 3): Promise<void>;
}

interface Network {
  readonly name: string;
  readonly prefix: string;
}

/** Its network is this machine's only by address, and free of what else runs here. */
const prefix = '10.213';
const addressIn = (network: Network, host: number) => `${network.prefix}.${10 + host}`;

export async function startHosts(): Promise<Hosts> {
  await using starting = new AsyncDisposableStack();
  const key = `upsync-test-${randomUUID().slice(0, 8)}`;
  const hostName = (host: number) => `${key}-host${host}`;

  const network = async (name: string, subnet: number): Promise<Network> => {
    const made = { name: `${key}-${name}`, prefix: `${prefix}.${subnet}` };
    await docker('network', 'create', '--subnet', `${made.prefix}.0/24`, made.name);
    starting.defer(async () => void (await docker('network', 'rm', made.name)));
    return made;
  };
  const connect = async (to: Network, host: number) => {
    await docker('network', 'connect', '--ip', addressIn(to, host), to.name, hostName(host));
  };
  const disconnect = async (from: Network, host: number) => {
    await docker('network', 'disconnect', from.name, hostName(host));
  };

  const shared = await network('lan', 40);
  // What a node's services are registered at. The gateway's host reaches it too.
  const own = { 2: await network('own2', 42), 3: await network('own3', 43) };
  for (const host of [1, 2, 3]) {
    const where = ['--network', shared.name, '--ip', addressIn(shared, host)];
    const idle = ['upsync-test/debian', 'sleep', 'infinity'];
    await docker('run', '--detach', '--init', '--name', hostName(host), ...where, ...idle);
    starting.defer(async () => void (await docker('rm', '--force', hostName(host))));
  }
  for (const node of [2, 3] as const) for (const host of [1, node]) await connect(own[node], host);

  const server = addressIn(shared, 1);
  const start = async (host: number, profile: string, more: Readonly<Record<string, string>> = {}) => {
    const place = { HOST: hostName(host), HOST_IP: addressIn(shared, host), NODE_NAME: `node${host}` };
    const env = { COMPOSE_PROFILES: profile, SERVER_IP: server, OWN_NETWORK: '', ...place, ...more };
    starting.use(await startStack({ env, files: ['test/container/hosts.yml'] }));
  };
  await start(1, 'server');
  for (const node of [2, 3] as const) await start(node, 'node', { OWN_NETWORK: own[node].name });

  const started = starting.move();
  return {
    server,
    async cut(node) {
      for (const each of [shared, own[node]]) await disconnect(each, node);
    },
    async mend(node) {
      for (const each of [shared, own[node]]) await connect(each, node);
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
