import { resolve } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { ProcessConfig } from './config.ts';
import type { Merged } from './merge.ts';
import type { Settings } from './schema.ts';

/** How upsync runs as a process. Throws ProblemError where it is to start an nginx that is said to be elsewhere. */
export function toProcess(settings: Settings, from: Merged): ProcessConfig {
  const { exec, stop_timeout, pid_file, nginx } = settings;
  if (exec.length > 0 && nginx.signal === 'fifo') {
    throw new ProblemError({
      what: 'by fifo a reload reaches an nginx in another container, and exec starts one here',
      where: from.where(['nginx', 'signal']),
      remedy: 'leave one of them out',
    });
  }
  return {
    exec,
    stopTimeout: stop_timeout,
    pidFile: pid_file === '' ? undefined : resolve(from.folderOf('pid_file'), pid_file),
  };
}
