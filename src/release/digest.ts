import { createHash } from 'node:crypto';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import type { File } from '../pipeline/release.ts';

const unnamed = { folder: '', digest: '', structure: '' };

/** Sixteen hexadecimal digits over all of a release, its own path and digests aside. */
export function digestOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): string {
  const hash = createHash('sha256');
  for (const { path, contents } of [...files, ...frame(unnamed, files, proof, balancer)]) {
    hash.update(`${path}\0${contents.length}\0${contents}\0`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The same over what nginx itself reads. */
export function structureOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): string {
  return digestOf(
    files.filter(({ part }) => part !== 'peers'),
    proof,
    balancer,
  );
}
