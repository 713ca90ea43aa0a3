import { startTlsConsul, type TlsConsul } from '../../test/support/consul-tls.ts';
import type { ConsulAddress } from '../tools/tool.ts';
import { instancesOf } from './instances.ts';
import { Registry } from './registry.ts';

/** A Consul with thousands of services, over plain HTTP and TLS. */
export interface Wide extends AsyncDisposable {
  readonly http: ConsulAddress;
  readonly https: ConsulAddress;
  readonly pid: number;
  readonly registry: Registry;
  /** All services by name. */
  readonly services: readonly string[];
  /** How long the registration took, in ms. */
  readonly filledIn: number;
  /** Lets one client have so many connections; Consul's default is 200. */
  limit(connections: number): Promise<void>;
}

export async function startWide(services: number, each: number): Promise<Wide> {
  await using starting = new AsyncDisposableStack();
  const tls: TlsConsul = starting.use(await startTlsConsul());
  const registry = starting.use(new Registry(tls.consul.url));
  const names = Array.from({ length: services }, (_, at) => `svc-${at}`);
  const began = performance.now();
  await registry.fill(names.flatMap((name, at) => instancesOf(name, at * each, each)));
  const filledIn = performance.now() - began;
  const started = starting.move();
  const { url, serverName, ca, cert, key } = tls;
  return {
    http: { url: tls.consul.url },
    https: { url, tls: { serverName, ca, cert, key } },
    pid: tls.consul.pid ?? 0,
    registry,
    services: names,
    filledIn,
    async limit(connections) {
      await tls.consul.configure(`limits { http_max_conns_per_client = ${connections} }`);
      await registry.put('/v1/agent/reload');
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
