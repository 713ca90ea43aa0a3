import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** The FIFO that a gateway container's entrypoint reads, a line a reload. */
export const fifoName = 'reload.fifo';

export async function isFifo(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFIFO(),
    () => false,
  );
}

/** Whether somebody reads. Opening a FIFO without a reader to write without blocking is refused (ENXIO). */
export async function hasReader(path: string): Promise<boolean> {
  return writeLine(path, '');
}

/** False where nobody reads: there is no gateway. */
export async function requestReload(path: string): Promise<boolean> {
  return writeLine(path, 'reload\n');
}

async function writeLine(path: string, line: string): Promise<boolean> {
  try {
    const fifo = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      if (line !== '') await fifo.write(line);
    } finally {
      await fifo.close();
    }
    return true;
  } catch {
    return false;
  }
}
