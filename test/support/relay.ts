import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Passes bytes on between a port of its own and another one, for its connections to be counted and to fall silent. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now, and all so far. */
  readonly open: number;
  readonly seen: number;
  /** Those that are open pass nothing on any more, and stay open. Later ones do. */
  freeze(): void;
}

export async function startRelay(host: string, port: number): Promise<Relay> {
  const open = new Set<Socket>();
  let seen = 0;
  const server = createServer((socket) => {
    seen += 1;
    const onward = connect(port, host);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    server.once('freeze', () => {
      socket.unpipe(onward).resume();
      onward.unpipe(socket).resume();
    });
  });
  server.setMaxListeners(0);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the relay has no port');
  return {
    port: bound.port,
    get open() {
      return open.size;
    },
    get seen() {
      return seen;
    },
    freeze: () => void server.emit('freeze'),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
