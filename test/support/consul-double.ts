import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';

/** Answers one request; `seen` counts them, this one included. */
export type Script = (asked: URL, response: ServerResponse, seen: number, request: IncomingMessage) => void;

/** An HTTP server that says what a real Consul cannot be made to say. */
export interface ConsulDouble extends AsyncDisposable {
  readonly url: string;
  /** Path and query of each request so far. */
  readonly requests: readonly URL[];
  /** Connections that are open now, idle ones included. */
  connections(): Promise<number>;
  /** Replaces the script from the next request on. */
  play(script: Script): void;
}

export async function startConsulDouble(script: Script): Promise<ConsulDouble> {
  const requests: URL[] = [];
  let current = script;
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://double');
    requests.push(asked);
    current(asked, response, requests.length, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the double has no port');
  return {
    url: `http://127.0.0.1:${bound.port}`,
    requests,
    connections: promisify(server.getConnections.bind(server)),
    play(next) {
      current = next;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Consul's headers, with an index. */
export function headers(index: string | number, more: Readonly<Record<string, string>> = {}) {
  return {
    'content-type': 'application/json',
    'x-consul-index': String(index),
    'x-consul-knownleader': 'true',
    'x-consul-lastcontact': '0',
    ...more,
  };
}

/** A 200 with a JSON body. */
export function answer(response: ServerResponse, index: string | number, body: unknown): void {
  response.writeHead(200, headers(index)).end(JSON.stringify(body));
}

/** One entry of `/v1/health/service/:service`. */
export function entry(id: string, port = 80, checks: readonly object[] = []): object {
  return {
    Node: { Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1' },
    Service: { ID: id, Service: 'web1', Address: '', Port: port, Weights: { Passing: 1, Warning: 1 } },
    Checks: checks,
  };
}

/** A fault that is the same whatever was asked. */
export type Fault = (response: ServerResponse) => void;

export const fails =
  (status: number, body = '', type = 'text/plain'): Fault =>
  (response) =>
    response.writeHead(status, { 'content-type': type }).end(body);

/** A body that never ends, a byte at a time. */
export function drip(response: ServerResponse): void {
  response.writeHead(200, headers(11));
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

/** A body that never ends, as fast as it is taken. */
export function flood(response: ServerResponse): void {
  response.writeHead(200, headers(11));
  const spaces = Buffer.alloc(100_000, ' ');
  const more = () => {
    while (!response.destroyed && response.write(spaces));
  };
  response.on('drain', more);
  more();
}
