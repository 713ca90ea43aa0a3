import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { ServiceDefinition } from '../bed/consul.ts';

/** A small web service that answers with its name. */
export interface Backend extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Requests that it got. */
  readonly hits: number;
  /** Its registration as an instance of `service`. */
  as(service: string, more?: Partial<ServiceDefinition>): ServiceDefinition;
}

interface BackendOptions {
  /** A free one by default. */
  readonly port?: number;
  /** ms that an answer takes. */
  readonly work?: () => number;
}

export async function startBackend(
  name: string,
  address = '127.0.0.1',
  { port: wanted = 0, work = () => 0 }: BackendOptions = {},
): Promise<Backend> {
  let hits = 0;
  const server = createServer((_, response) => {
    hits += 1;
    const ms = work();
    if (ms === 0) response.end(name);
    else setTimeout(() => response.end(name), ms);
  });
  // Longer than nginx keeps its idle connections (60 s): nginx is then always the one that closes them.
  server.keepAliveTimeout = 75_000;
  const port = await listen(server, address, wanted);
  return {
    name,
    port,
    get hits() {
      return hits;
    },
    as: (service, more) => ({ id: `${service}-${name}`, name: service, address, port, ...more }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Resolves with the port that it listens on: a free one by default. */
export async function listen(server: Server, address = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, address);
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
