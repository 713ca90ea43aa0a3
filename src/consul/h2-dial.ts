import type { EventEmitter } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import process from 'node:process';
import { addAbortSignal } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Where Consul listens, and what the connection to it needs. */
export interface Destination {
  readonly url: URL;
  readonly tls: ConnectionOptions;
  /** How long it may take until a connection can be used, in ms. */
  readonly timeout: number;
}

/**
 * A connection to Consul, whose limits are known; undefined where it speaks HTTP/1.1 alone. Rejects with an error that has
 * a code. `signal` closes it, at whatever time.
 */
export async function dial(
  { url, tls, timeout }: Destination,
  signal: AbortSignal,
): Promise<ClientHttp2Session | undefined> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const name = isIP(host) === 0 ? { servername: host } : {};
  const port = Number(url.port || 443);
  const socket = connectTls({ host, port, ...name, ...tls, ALPNProtocols: ['h2', 'http/1.1'] });
  addAbortSignal(signal, socket);
  // node:http2 leaves it open, and waits for it, where TLS fails after the handshake.
  socket.on('error', () => socket.destroy());
  // As for an agent of node:https: TCP tells after 11 s that a machine has vanished.
  socket.setKeepAlive(true, 1_000).setNoDelay(true);
  const deadline = setTimeout(() => socket.destroy(coded('ETIMEDOUT')), timeout);
  try {
    await happens(socket, 'secureConnect');
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return undefined;
    }
    const { connect } = process.getBuiltinModule('node:http2');
    const session = connect(url.origin, { createConnection: () => socket });
    // Its streams have it too, and it may have none.
    session.on('error', () => undefined);
    // A certificate that Consul misses is told only now, with TLS 1.3.
    await happens(session, 'remoteSettings');
    return session;
  } finally {
    clearTimeout(deadline);
  }
}

/** An error that is put in words by its code. */
export function coded(code: 'ECONNRESET' | 'ETIMEDOUT'): Error {
  return Object.assign(new Error(code), { code });
}

async function happens(emitter: EventEmitter, event: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  emitter.once(event, () => resolve());
  emitter.once('error', reject);
  emitter.once('close', () => reject(coded('ECONNRESET')));
  await promise;
}
