import { once } from 'node:events';
import { createServer } from 'node:http';
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

export async function startBackend(name: string, address = '127.0.0.1'): Promise<Backend> {
  let hits = 0;
  const server = createServer((_, response) => {
    hits += 1;
    response.end(name);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
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
