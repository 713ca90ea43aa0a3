import type { Indexes } from './snapshot.ts';
import type { View } from './view.ts';

/** One rendered file. */
export interface File {
  /**
   * Relative to the release: `http/<name>` or `stream/<name>`, the context in which nginx includes it. Or absolute: its
   * destination outside of the managed folder.
   */
  readonly path: string;
  readonly contents: string;
  /** Permission bits; undefined for 0644 within the umask. */
  readonly mode?: number;
  readonly owner?: Owner;
  /** Read by the Lua balancer, and by nginx itself never. All else is configuration, which nginx tests. */
  readonly part?: 'peers';
}

/** By number; without `gid` the group stays as it is. */
export interface Owner {
  readonly uid: number;
  readonly gid?: number;
}

/** A staged folder, complete on disk and referenced by nothing. */
export interface Candidate {
  /** Absolute path of the folder; its `http.conf` and `stream.conf` include its other files. */
  readonly folder: string;
  readonly digest: string;
  /** The digest of what nginx itself reads: a release of the same structure needs no reload. */
  readonly structure: string;
  readonly view: View;
  /** Under which its services had instances: the next upsync judges an empty answer by them. */
  readonly indexes: Indexes;
  /** The destinations of its files outside of the managed folder; none where it is undefined. */
  readonly outside?: readonly string[];
  /** Other destinations that it holds something for, while they lead to it: nginx is to do without them. */
  readonly kept?: readonly string[];
  /** By path, what was asked for a file besides its contents, as in `mode 0640, owner 33:4`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A candidate that was published. */
export interface Release extends Candidate {
  /** When it was staged, in ms since the epoch. */
  readonly time: number;
}

/** How one file of the candidate differs from the live release, as a unified diff. */
export interface FileDiff {
  readonly path: string;
  readonly patch: string;
}
