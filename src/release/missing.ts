import { ProblemError } from '../pipeline/problem.ts';

/** Of the release in this folder. */
export function missing(folder: string): never {
  throw new ProblemError({
    what: 'a release was published that was not staged',
    where: folder,
    remedy: 'report it: this is a fault of upsync',
  });
}
