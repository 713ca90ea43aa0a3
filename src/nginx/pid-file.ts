import { resolve } from 'node:path';
import { pidFile, readBuild } from './build.ts';
import { crawl } from './crawl.ts';

export interface PidOptions {
  /** `auto`, or the path of nginx's pid file. */
  readonly pid: string;
  readonly binary: string;
  readonly conf: string;
  readonly prefix: string | undefined;
  readonly output: string;
}

/** Where nginx writes its pid, as its configuration or else its build says. */
export async function findPidFile(
  { pid, binary, conf, prefix, output }: PidOptions,
  signal: AbortSignal,
): Promise<string> {
  if (pid !== 'auto') return pid;
  const build = await readBuild(binary, signal);
  const { pid: configured } = await crawl(resolve(conf), resolve(output), signal, { isLenient: true });
  return pidFile(build, configured, prefix);
}
