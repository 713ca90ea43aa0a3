import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { ServiceDefinition } from '../bed/consul.ts';
import type { BedOptions } from '../bed/nginx.ts';
import { gateway } from './gateway.ts';

/** Debian has it as a module of its own. */
export const loadStream = 'load_module modules/ngx_stream_module.so;';

/** A gateway that has a place for streams. */
export function streamGateway({
  main = '',
  stream = () => '',
  ...more
}: Parameters<typeof gateway>[0] = {}): BedOptions {
  return gateway({
    ...more,
    main: `${main}\n${loadStream}`,
    stream: (place) => `include upsync/stream/*.conf;\nproxy_connect_timeout 1s;\n${stream(place)}`,
  });
}

/** Somebody behind an upstream of tcp or udp, who answers whatever it is sent with its name and that. */
interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Connections or datagrams that it got. */
  readonly hits: number;
  /** Its registration as an instance of `service`. */
  as(service: string): ServiceDefinition;
}

export async function startTcp(name: string): Promise<Peer> {
  let hits = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    hits += 1;
    open.add(socket);
    socket.on('data', (data) => socket.write(`${name} ${data}`));
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    port,
    get hits() {
      return hits;
    },
    as: (service) => ({ id: `${service}-${name}`, name: service, address: '127.0.0.1', port }),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

export async function startUdp(name: string): Promise<Peer> {
  let hits = 0;
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => {
    hits += 1;
    socket.send(`${name} ${data}`, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    port,
    get hits() {
      return hits;
    },
    as: (service) => ({ id: `${service}-${name}`, name: service, address: '127.0.0.1', port }),
    async [Symbol.asyncDispose]() {
      socket.close();
    },
  };
}

/** A connection that is kept open. */
interface Connection extends Disposable {
  /** What comes back; `closed` or the error's code where nothing does. */
  say(text: string): Promise<string>;
}

export function dial(host: string, port: number): Connection {
  const socket = connect(port, host);
  let heard = (_: string) => {};
  let last: string | undefined;
  const tell = (text: string) => {
    last ??= text;
    heard(text);
  };
  socket.on('data', (data) => heard(String(data)));
  // Who closes with what was sent still unread resets.
  const closed = ['ECONNRESET', 'EPIPE'];
  socket.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : error.message;
    tell(closed.includes(code) ? 'closed' : code);
  });
  socket.on('close', () => tell('closed'));
  return {
    say: (text) =>
      new Promise((resolve, reject) => {
        if (last !== undefined) return resolve(last);
        const timer = setTimeout(() => reject(new Error(`no answer of ${host}:${port}`)), 5_000);
        heard = (answer) => {
          clearTimeout(timer);
          resolve(answer);
        };
        socket.write(text);
      }),
    [Symbol.dispose]() {
      socket.destroy();
    },
  };
}

/** What so many connections, one after the other, are answered with, each counted. */
export async function tallyTcp(host: string, port: number, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let each = 0; each < times; each += 1) {
    using connection = dial(host, port);
    const answer = await connection.say('hello');
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

/** Sends one datagram, from a port of its own. Resolves with what comes back, rejects after 5 s of silence. */
export async function sendUdp(host: string, port: number, text: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(text, port, host);
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(5_000) });
    return String(answer);
  } finally {
    socket.close();
  }
}
