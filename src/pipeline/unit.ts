import type { Owner } from './release.ts';

/** Files of another program, and how it is told of them. */
export interface UnitPlan {
  readonly name: string;
  /** At least one. The first is what `{file}` stands for. */
  readonly files: readonly UnitFile[];
  /** A program and its arguments, with `{file}` and `{dir}` for what is staged; undefined for no test. */
  readonly test: readonly string[] | undefined;
  /** Likewise, as it stands; undefined where the program watches its files. */
  readonly reload: readonly string[] | undefined;
  /** How long each may take, in ms. */
  readonly timeout: number;
}

export interface UnitFile {
  /** Absolute. */
  readonly path: string;
  /** Permission bits; undefined for those that the file has, or else 0644. */
  readonly mode?: number | undefined;
  /** Undefined for those of the file that is there, or else our own. */
  readonly owner?: Owner | undefined;
}

/** What a program was told to run, so far as anybody can know: it is kept beside its releases. */
export interface Applied {
  /** The digest; undefined where that is not certain, or its files are not as they were written. Never rejects. */
  read(): Promise<string | undefined>;
  /** Until `note`, nothing is certain. */
  forget(): Promise<void>;
  note(digest: string): Promise<void>;
}

/** Where a release of a unit holds its files, each at the path of its destination below this folder. */
export function filesOf(folder: string): string {
  return `${folder}/files`;
}
