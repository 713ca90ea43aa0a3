import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * So many different ports of `address` that are free for both TCP and UDP. They lie below the range
 * that the kernel hands out by itself (from 32768), so that no outgoing connection takes one between
 * this look and its use, nor while an agent is down to be started again.
 */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(address, port)) && (await isFreeForUdp(address, port))) found.add(port);
  }
  return [...found];
}

/** For TCP. */
export async function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function isFreeForUdp(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
