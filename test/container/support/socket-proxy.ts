import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A way to the engine's socket that can be cut, and that notes what was asked. */
export interface SocketProxy extends AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly url: string;
  /** Method and path of each request so far, without the query and the ids in it. */
  readonly requests: ReadonlySet<string>;
  /** Breaks all connections, and takes no more. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export async function startSocketProxy(): Promise<SocketProxy> {
  const path = join(tmpdir(), `upsync-docker-${randomUUID()}.sock`);
  const open = new Set<Socket>();
  const requests = new Set<string>();
  let server: Server | undefined;

  const relay = (client: Socket) => {
    const engine = connect('/var/run/docker.sock');
    for (const socket of [client, engine]) {
      open.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          open.delete(socket);
          client.destroy();
          engine.destroy();
        });
    }
    client.on('data', (chunk: Buffer) => {
      const [, method, asked = ''] = /^([A-Z]+) (\S+) HTTP\//.exec(chunk.toString('latin1')) ?? [];
      if (method === undefined) return;
      requests.add(`${method} ${asked.replace(/\?.*/, '').replace(/[0-9a-f]{64}/, '*')}`);
    });
    client.pipe(engine).pipe(client);
  };
  const cut = async () => {
    const closed = server === undefined ? undefined : once(server, 'close');
    server?.close();
    for (const socket of open) socket.destroy();
    await closed;
    server = undefined;
    await rm(path, { force: true });
  };
  const restore = async () => {
    server = createServer(relay).listen(path);
    await once(server, 'listening');
  };

  await restore();
  return { url: `unix://${path}`, requests, cut, restore, [Symbol.asyncDispose]: cut };
}
