import { constants, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../pipeline/problem.ts';

/** The FIFO that a gateway container's entrypoint reads, a line a reload. */
export const fifoName = 'reload.fifo';

/** How nginx is told to reload: by FIFO where that is asked for, or where the managed folder holds one. */
export function goesByFifo(signal: 'auto' | 'pid' | 'fifo', output: string): boolean {
  return signal === 'fifo' || (signal === 'auto' && isFifo(join(output, fifoName)));
}

function isFifo(path: string): boolean {
  try {
    return statSync(path).isFIFO();
  } catch {
    return false;
  }
}

/** Why no reload would reach nginx, if so. */
export async function whyUnread(path: string): Promise<Problem | undefined> {
  return writeLine(path, '');
}

/** Why it did not reach nginx, if so. */
export async function requestReload(path: string): Promise<Problem | undefined> {
  return writeLine(path, 'reload\n');
}

/** Opening a FIFO without a reader to write without blocking is refused (ENXIO): there is no gateway then. */
async function writeLine(path: string, line: string): Promise<Problem | undefined> {
  try {
    const fifo = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      if (line !== '') await fifo.write(line);
    } finally {
      await fifo.close();
    }
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code === 'EACCES' ? notAllowed(path) : noReader(path);
  }
}

function noReader(path: string): Problem {
  return {
    what: 'nobody reads the reload FIFO: the gateway container is not running',
    where: path,
    remedy: 'start it, with 90-upsync.sh in its /docker-entrypoint.d',
  };
}

function notAllowed(path: string): Problem {
  return {
    what: 'upsync may not write to the reload FIFO',
    where: path,
    remedy: "run upsync as the user of the gateway container's entrypoint (usually root)",
  };
}
