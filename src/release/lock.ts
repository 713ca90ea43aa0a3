import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { constants, type FileHandle, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import { socketName } from './control-socket.ts';
import { isCode } from './disk.ts';

/**
 * One writer per output folder: whoever listens on `<output>/upsync.sock`. The kernel ends the listening
 * with the process, so a lock never outlives its holder; the file that stays is taken over.
 */
export interface Lock extends AsyncDisposable {
  /** Throws ProblemError where another process has taken the folder since. */
  assertHeld(): Promise<void>;
  /** Hands over each connection that comes in on the socket; until then, and without, it is closed at once. */
  onConnection(serve: (connection: Socket) => void): void;
}

export async function acquireLock(output: string): Promise<Lock> {
  let serve = (connection: Socket): void => {
    connection.destroy();
  };
  const connected = (connection: Socket) => serve(connection);
  let taken = await take(output, connected);
  return {
    async assertHeld() {
      if (taken.isHeld()) return;
      // The folder may have been emptied: then it is taken again, unless somebody was quicker.
      const again = await take(output, connected);
      await taken.release();
      taken = again;
    },
    onConnection(listener) {
      serve = listener;
    },
    [Symbol.asyncDispose]: () => taken.release(),
  };
}

interface Taken {
  isHeld(): boolean;
  release(): Promise<void>;
}

type Connected = (connection: Socket) => void;

async function take(output: string, connected: Connected): Promise<Taken> {
  const folder = await openFolder(output);
  try {
    return await listenIn(folder, output, connected);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Its parent has to be there: one that was mistyped should not come to be. */
async function openFolder(output: string): Promise<FileHandle> {
  try {
    await mkdir(output).catch((error) => {
      if (!isCode(error, 'EEXIST')) throw error;
    });
    return await open(output, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw unusable(output, error);
  }
}

/** Why the folder cannot be worked in, for an error that it gave. */
export function unusable(output: string, error: unknown): ProblemError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'the folder that it should be made in does not exist',
    ENOTDIR: 'this is no folder',
    EEXIST: 'this is no folder',
    EACCES: 'upsync may not write there',
    EPERM: 'upsync may not write there',
    EROFS: 'upsync may not write there: the file system is read-only',
  };
  return new ProblemError({
    what: reasons[code] ?? `it cannot be used (${code})`,
    where: output,
    remedy: 'run upsync as the user that started nginx, or choose another --output',
  });
}

async function listenIn(folder: FileHandle, output: string, connected: Connected): Promise<Taken> {
  // A socket's path may be 107 bytes long; through the open folder it always is shorter.
  const path = `/proc/self/fd/${folder.fd}/${socketName}`;
  const own = `${path}.${randomBytes(3).toString('hex')}`;
  const open = new Set<Socket>();
  const server = await listen(own, output, (connection) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection)).on('error', () => connection.destroy());
    connected(connection);
  });
  const mine = (await stat(own)).ino;
  try {
    while (!(await place(own, path, output)));
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
  }
  return {
    isHeld: () => inodeOf(join(output, socketName)) === mine,
    async release() {
      if (inodeOf(path) === mine) await unlink(path);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of open) connection.destroy();
      await closed;
      await folder.close();
    },
  };
}

/** Puts the socket at `path` unless somebody listens there. False where it was overtaken and has to look again. */
async function place(own: string, path: string, output: string): Promise<boolean> {
  // A hard link appears in one step, and only where nobody was first.
  if (await isLinked(own, path)) return true;
  const stale = inodeOf(path);
  if (stale === undefined) return false;
  if (await answers(path)) throw new TakenError(output);
  // Who may replace what a dead process left is settled by a link of its own, named after it.
  const claim = `${path}.${stale}`;
  if (!(await isLinked(own, claim))) {
    if (await answers(claim)) throw new TakenError(output);
    await unlink(claim).catch(() => undefined);
    return false;
  }
  try {
    if (inodeOf(path) !== stale) return false;
    await rename(own, path);
    return true;
  } finally {
    await unlink(claim).catch(() => undefined);
  }
}

async function isLinked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Another upsync works on the folder. */
export class TakenError extends ProblemError {
  constructor(output: string) {
    super({
      what: 'another upsync works on this folder',
      where: output,
      remedy: 'stop it, or give this one an --output of its own',
    });
  }
}

async function listen(path: string, output: string, connected: Connected): Promise<Server> {
  await unlink(path).catch(() => undefined);
  const server = createServer(connected);
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unusable(output, error);
  }
  server.unref();
  return server;
}

async function answers(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
