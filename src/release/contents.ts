import type { LuaBalancer } from '../pipeline/balancer.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import { withHead } from '../pipeline/peers.ts';
import type { File } from '../pipeline/release.ts';
import { digestOf, structureOf } from './digest.ts';

/** What a release of these files is called, and what it holds. Files are by their path in it. */
export interface Contents {
  readonly digest: string;
  readonly structure: string;
  /** What nginx itself reads, to lie in this folder. */
  config(folder: string): Map<string, string>;
  /** What the Lua balancer reads; nothing without it. */
  readonly peers: ReadonlyMap<string, string>;
}

export function contentsOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): Contents {
  const digest = digestOf(files, proof, balancer);
  const structure = balancer === undefined ? digest : structureOf(files, proof, balancer);
  const peers = files.filter(({ part }) => part === 'peers');
  return {
    digest,
    structure,
    config(folder) {
      const own = files.filter(({ part }) => part !== 'peers');
      const framed = frame({ folder, digest, structure }, own, proof, balancer);
      return new Map([...own, ...framed].map(({ path, contents }) => [path, contents]));
    },
    peers: new Map(peers.map((file) => [file.path, withHead(file, digest, structure)])),
  };
}
