import { join } from 'node:path';
import { type Consul, startConsul } from '../test/bed/consul.ts';
import { type Child, startScript } from './child.ts';
import { friendlyPort } from './ports.ts';
import { DrillProblem } from './problem.ts';

/** As in the original environment: each service has its port, the same on every node. */
export const servicePorts = { web1: 30002, web2: 30003 } as const;
export type Service = keyof typeof servicePorts;
export const services: readonly Service[] = ['web1', 'web2'];

/** One service on one node, and when Consul came to know of its change (by `performance.now()`). */
export interface Instance {
  readonly service: Service;
  readonly node: string;
  readonly knownAt: number;
}

/** A machine of the drill: a Consul agent and both services, on a loopback address of their own. */
export interface DrillNode extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly consul: Consul;
  /** Registers both services at this node's agent. */
  register(): Promise<readonly Instance[]>;
  maintenance(on: boolean): Promise<readonly Instance[]>;
  /** What the service's health check will find from now on. */
  setHealth(service: Service, healthy: boolean): Promise<void>;
  /** SIGKILL to the agent and the services at once. */
  kill(): Promise<void>;
}

/** Consul's own defaults find a dead node after some 5 to 10 s; these are the ones of its development mode. */
const quickGossip = `
  gossip_lan { gossip_interval = "100ms", probe_interval = "100ms", probe_timeout = "100ms", suspicion_mult = 3 }
`;

/** Starts it: a Consul server without `join`, a client agent with it. Nothing is registered yet. */
export async function startNode(number: number, join?: string): Promise<DrillNode> {
  const name = `node${number}`;
  const address = `127.0.0.${number}`;
  await using started = new AsyncDisposableStack();
  const web = new Map<Service, Child>();
  for (const service of services) {
    web.set(service, started.use(await startService(service, name, address)));
  }
  const role = join === undefined ? ({ mode: 'dev' } as const) : ({ mode: 'client', join } as const);
  const http = await friendlyPort(address, 8500);
  const consul = started.use(await startConsul({ ...role, address, http, node: name, hcl: quickGossip }));
  const running = started.move();

  const known = (): readonly Instance[] =>
    services.map((service) => ({ service, node: name, knownAt: performance.now() }));

  return {
    name,
    address,
    consul,
    async register() {
      const registered: Instance[] = [];
      for (const service of services) {
        await consul.request('PUT', '/v1/agent/service/register', definition(service, name, address));
        registered.push({ service, node: name, knownAt: performance.now() });
      }
      return registered;
    },
    async maintenance(on) {
      await consul.nodeMaintenance(on);
      return known();
    },
    async setHealth(service, healthy) {
      const url = `http://${address}:${servicePorts[service]}/${healthy ? 'well' : 'sick'}`;
      const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(2_000) });
      await response.text();
    },
    async kill() {
      await Promise.all([consul.kill(), ...[...web.values()].map((child) => child.end('SIGKILL'))]);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startService(service: Service, node: string, address: string): Promise<Child> {
  const port = servicePorts[service];
  const said: string[] = [];
  const script = join(import.meta.dirname, 'web.ts');
  const child = startScript(script, [service, node, address, String(port)], {
    onLine: (line) => said.push(line),
  });
  await child.spoke;
  if (!said.some((line) => line.includes('listens'))) {
    throw new DrillProblem(`${service} of ${node} did not start on ${address}:${port}: ${said.join('\n')}`);
  }
  return child;
}

function definition(service: Service, node: string, address: string) {
  const port = servicePorts[service];
  return {
    ID: `${service}-${node}`,
    Name: service,
    Address: address,
    Port: port,
    Check: {
      Name: `${service} answers /healthz`,
      HTTP: `http://${address}:${port}/healthz`,
      Interval: '1s',
      Timeout: '1s',
      // It listens already: without this Consul takes it for critical until the first check, up to 1 s.
      Status: 'passing',
    },
  };
}
