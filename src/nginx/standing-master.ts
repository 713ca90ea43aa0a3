import { findPidFile, type PidOptions } from './pid-file.ts';
import { masterOf, masterOfWorker } from './processes.ts';
import { testify } from './proof.ts';

export interface StandingOptions extends PidOptions {
  /** Where its workers answer. */
  readonly proof: { readonly ask: string };
}

/** The master that runs already with this configuration, by who answers or else by its pid file. Never rejects. */
export async function standingMaster(
  options: StandingOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const answer = await testify(options.proof.ask, 1000, signal);
  const heard = answer === undefined ? undefined : await masterOfWorker(answer.pid);
  if (heard !== undefined) return heard;
  const path = await findPidFile(options, signal).catch(() => undefined);
  return path === undefined ? undefined : masterOf(path);
}
