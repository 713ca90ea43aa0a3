import { constants, open } from 'node:fs/promises';

export const socketName = 'upsync.sock';

/**
 * Calls `use` with a path of the output folder's control socket. It leads through the open folder: a socket's
 * path may be 107 bytes long, and the folder's own may be longer.
 */
export async function withControlSocket<T>(output: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await open(output, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await use(`/proc/self/fd/${folder.fd}/${socketName}`);
  } finally {
    await folder.close();
  }
}
