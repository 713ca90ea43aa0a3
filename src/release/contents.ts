import type { LuaBalancer } from '../pipeline/balancer.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import { isOutside, placeOf } from '../pipeline/outside.ts';
import { withHead } from '../pipeline/peers.ts';
import type { Candidate, File } from '../pipeline/release.ts';
import { attributesText } from './attributes.ts';
import { digestOf, structureOf } from './digest.ts';

/** What a release of these files is called, and what it holds. Files are by their path in it. */
export interface Contents {
  readonly digest: string;
  readonly structure: string;
  /** What nginx itself reads, to lie in this folder. */
  config(folder: string): Map<string, string>;
  /** Those of its files that are to have a mode or an owner of their own. */
  readonly special: readonly File[];
  /** What the release is to say of them. */
  readonly noted: Pick<Candidate, 'outside' | 'attributes'>;
  /** What the Lua balancer reads; nothing without it. */
  readonly peers: ReadonlyMap<string, string>;
}

export function contentsOf(files: readonly File[], proof: ProofAddress, balancer?: LuaBalancer): Contents {
  const digest = digestOf(files, proof, balancer);
  const structure = balancer === undefined ? digest : structureOf(files, proof, balancer);
  const config = files.filter(({ part }) => part !== 'peers');
  const peers = files.filter(({ part }) => part === 'peers');
  return {
    digest,
    structure,
    config(folder) {
      const framed = frame({ folder, digest, structure }, config, proof, balancer);
      return new Map([...config, ...framed].map(({ path, contents }) => [placeOf(path), contents]));
    },
    special: config.filter((file) => attributesText(file) !== ''),
    noted: noted(config),
    peers: new Map(peers.map((file) => [file.path, withHead(file, digest, structure)])),
  };
}

/** Releases of plain files say nothing of it, as they always did. */
function noted(files: readonly File[]): Contents['noted'] {
  const outside = files.map(({ path }) => path).filter(isOutside);
  const attributes = files.flatMap((file) => {
    const text = attributesText(file);
    return text === '' ? [] : [[file.path, text] as const];
  });
  return {
    ...(outside.length === 0 ? {} : { outside }),
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
  };
}
