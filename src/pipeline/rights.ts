import type { Problem } from './problem.ts';

/** Whoever reads: with which rights, the kernel decides by these. */
export interface Reader {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** What a reader may not do: `search` a folder, or `read` a file. */
export interface Barred {
  readonly path: string;
  readonly right: 'search' | 'read';
}

/** The first thing that keeps a reader from what workers read: of the release in this folder, or else of the live one. */
export type FindBarred = (reader: Reader, release?: string) => Promise<Barred | undefined>;

/** `name` is whom nginx's workers run as. */
export function closedToWorkers(name: string, { path, right }: Barred, output: string): Problem {
  const mode = right === 'search' ? 'o+x' : 'o+r';
  const isOurs = path.startsWith(`${output}/`);
  return {
    what: `nginx's workers, which run as ${name}, may not ${right} this: they cannot take new servers`,
    where: path,
    remedy: `chmod ${mode} ${path}${isOurs ? ', and run upsync with umask 022' : ''}`,
  };
}
