import { isDeepStrictEqual } from 'node:util';
import { ProblemError } from '../pipeline/problem.ts';
import type { Config } from './config.ts';

/** What upsync was started with. */
const fixed: readonly (readonly [key: string, of: (config: Config) => unknown])[] = [
  ['output', ({ output }) => output],
  ['exec', ({ process }) => process.exec],
  ['pid_file', ({ process }) => process.pidFile],
];

/** Throws ProblemError where a configuration that is read anew differs in what holds from start to end. */
export function assertSame(running: Config, fresh: Config): void {
  const other = fixed.find(([, of]) => !isDeepStrictEqual(of(running), of(fresh)));
  if (other === undefined) return;
  throw new ProblemError({
    what: `${other[0]} cannot change while upsync runs`,
    where: other[0],
    remedy: 'restart upsync',
  });
}
