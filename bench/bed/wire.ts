import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A forwarder before Consul that counts what passes. */
export interface Wire extends AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** In both directions, so far. */
  readonly bytes: () => number;
  /** So far; undefined over TLS. */
  readonly requests: () => number | undefined;
}

/** How many there were. */
let wires = 0;

/**
 * `to`: the URL whose host and port are forwarded to. To Consul, which counts connections by it, each wire has a loopback
 * address of its own: of a client that was killed, Consul keeps the connections until their blocking queries end, and
 * the next client would have the fewer.
 */
export async function startWire(to: string): Promise<Wire> {
  wires += 1;
  const from = `127.0.${2 + (wires >> 8)}.${wires & 255}`;
  const { protocol, hostname, port } = new URL(to);
  const open = new Set<Socket>();
  let [bytes, requests] = [0, 0];
  const server = createServer((client) => {
    const onward = connect({ port: Number(port), host: hostname, localAddress: from });
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      open.add(one);
      one.setNoDelay();
      one.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        // A client sends the next request once it has its answer: each begins a chunk.
        if (one === client && /^(GET|PUT) /.test(chunk.toString('latin1', 0, 4))) requests += 1;
      });
      one.pipe(other);
      // How one side ends, the other one does too.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    bytes: () => bytes,
    requests: () => (protocol === 'http:' ? requests : undefined),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** The same Consul, by way of the wire. */
export function through<T extends { readonly url: string }>(wire: Wire, consul: T): T {
  const url = new URL(consul.url);
  return { ...consul, url: `${url.protocol}//127.0.0.1:${wire.port}` };
}
