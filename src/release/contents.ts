import { join } from 'node:path';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import { withHead } from '../pipeline/peers.ts';
import type { File } from '../pipeline/release.ts';
import { digestOf, structureOf } from './digest.ts';

/** What a release of these files is called, and what it holds. */
export interface Contents {
  readonly digest: string;
  readonly structure: string;
  /** Every file of it by its path. */
  in(folder: string): (readonly [path: string, contents: string])[];
}

export function contentsOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): Contents {
  const digest = digestOf(files, proof, balancer);
  const structure = balancer === undefined ? digest : structureOf(files, proof, balancer);
  return {
    digest,
    structure,
    in(folder) {
      const framed = frame({ folder, digest, structure }, files, proof, balancer);
      return [...files, ...framed].map((file) => [
        join(folder, file.path),
        file.part === 'peers' ? withHead(file, digest, structure) : file.contents,
      ]);
    },
  };
}
