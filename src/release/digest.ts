import { createHash } from 'node:crypto';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import type { File } from '../pipeline/release.ts';
import { attributesText } from './attributes.ts';

const unnamed = { folder: '', digest: '', structure: '' };

/** Sixteen hexadecimal digits over all of a release, its own path and digests aside. */
export function digestOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): string {
  const hash = createHash('sha256');
  for (const file of [...files, ...frame(unnamed, files, proof, balancer)]) {
    const { path, contents } = file;
    hash.update(`${path}\0${contents.length}\0${contents}\0`);
    const attributes = attributesText(file);
    if (attributes !== '') hash.update(`${attributes}\0`);
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
