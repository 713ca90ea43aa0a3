import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Applied } from '../pipeline/unit.ts';
import { isCode, syncAll, syncPath } from './disk.ts';

/**
 * Remembers over restarts what a program was told to run. It is forgotten before its files are touched: whatever is
 * killed after that, the next start tells the program again (DESIGN 3.4). `isAsWritten` says whether they are still
 * what upsync wrote.
 */
export function appliedIn(path: string, isAsWritten: () => Promise<boolean>): Applied {
  return {
    async read() {
      const digest = textIn(path)?.trim();
      return digest !== undefined && (await isAsWritten()) ? digest : undefined;
    },
    async forget() {
      try {
        rmSync(path);
      } catch (error) {
        if (isCode(error, 'ENOENT')) return;
        throw error;
      }
      await syncPath(dirname(path));
    },
    async note(digest) {
      // In place, since what a kill leaves of it is no digest, and so the program is told again.
      writeFileSync(path, `${digest}\n`);
      await syncAll([path, dirname(path)]);
    },
  };
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
