import { createHash } from 'node:crypto';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import type { File } from '../pipeline/release.ts';

/** Sixteen hexadecimal digits over all that nginx will read, the release's own path and digest aside. */
export function digestOf(files: readonly File[], proof: ProofAddress): string {
  const hash = createHash('sha256');
  for (const { path, contents } of [...files, ...frame('', '', files, proof)]) {
    hash.update(`${path}\0${contents.length}\0${contents}\0`);
  }
  return hash.digest('hex').slice(0, 16);
}
