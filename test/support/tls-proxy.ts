import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createOldServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsConsul } from './consul-tls.ts';

/** Spoils one answer. */
type Spoil = (response: Http2ServerResponse) => void;

/** Stands before a real Consul and speaks TLS, for what Consul cannot be made to do there. */
export interface TlsProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The name in its certificate. */
  readonly serverName: string;
  readonly connections: number;
  /** Paths with their queries. */
  readonly requests: readonly string[];
  /** All connections that are open announce their end with this code (RFC 9113, 7). */
  goaway(code: number): void;
  /** How a path is answered from now on; undefined: passed on, as all others are. */
  spoil(path: string, spoil: Spoil | undefined): void;
}

/** `streams`: how many a connection may have over HTTP/2; undefined: it speaks HTTP/1.1 alone. */
export async function startTlsProxy(there: TlsConsul, streams: number | undefined): Promise<TlsProxy> {
  const requests: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const spoilt = new Map<string, Spoil>();
  const pass = ({ method, url = '/' }: Http2ServerRequest, response: Http2ServerResponse) => {
    requests.push(url);
    const spoil = spoilt.get(url.split('?')[0] ?? '');
    if (spoil !== undefined) return spoil(response);
    const onward = ask(there.consul.url + url, { method, agent: false }, (answered) => {
      const { connection, 'transfer-encoding': _, ...headers } = answered.headers;
      response.writeHead(answered.statusCode ?? 502, headers);
      answered.on('data', (chunk) => response.write(chunk)).on('end', () => response.end());
    });
    onward.on('error', () => response.stream?.destroy()).end();
    response.on('close', () => onward.destroy());
  };
  const identity = { key: readFileSync(there.key), cert: readFileSync(there.cert) };
  const server =
    streams === undefined
      ? createOldServer(identity, (request, response) => Reflect.apply(pass, undefined, [request, response]))
      : createSecureServer({ ...identity, settings: { maxConcurrentStreams: streams } }, pass);
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the proxy has no port');
  return {
    url: `https://127.0.0.1:${bound.port}`,
    port: bound.port,
    serverName: 'client.dc1.consul',
    get connections() {
      return sockets.size;
    },
    requests,
    goaway(code) {
      for (const session of sessions) session.goaway(code);
    },
    spoil(path, how) {
      if (how === undefined) spoilt.delete(path);
      else spoilt.set(path, how);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
