import { basename, isAbsolute, resolve } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { ProcessConfig } from './config.ts';
import type { Merged } from './merge.ts';
import type { Settings } from './schema.ts';

/**
 * How upsync runs as a process. Throws ProblemError where it is to start an nginx that is said to be elsewhere, or with
 * another configuration than `conf`, which is what candidates are tested in.
 */
export function toProcess(settings: Settings, conf: string, from: Merged): ProcessConfig {
  const { exec, stop_timeout, pid_file, nginx } = settings;
  if (exec.length > 0 && nginx.signal === 'fifo') {
    throw new ProblemError({
      what: 'by fifo a reload reaches an nginx in another container, and exec starts one here',
      where: from.where(['nginx', 'signal']),
      remedy: 'leave one of them out',
    });
  }
  const started = confOf(exec);
  if (started !== undefined && started !== conf) {
    throw new ProblemError({
      what: `exec starts nginx with another configuration than ${conf}, in which changes are tested`,
      where: from.where(['exec']),
      remedy: 'set --nginx-conf to the same file',
    });
  }
  return {
    exec,
    stopTimeout: stop_timeout,
    pidFile: pid_file === '' ? undefined : resolve(from.folderOf('pid_file'), pid_file),
  };
}

/** What the command has nginx read, as far as that can be told: a relative path depends on nginx's prefix. */
function confOf([program = '', ...args]: readonly string[]): string | undefined {
  const path = basename(program) === 'nginx' ? args[args.indexOf('-c') + 1] : undefined;
  return args.includes('-c') && path !== undefined && isAbsolute(path) ? resolve(path) : undefined;
}
