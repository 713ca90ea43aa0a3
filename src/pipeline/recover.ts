import type { Pipeline } from './pipeline.ts';
import type { Gateway, Releases } from './ports.ts';
import { problemOf } from './problem.ts';

/**
 * At every start: `current` may name a release that was published and never proven, because the process
 * or the machine went down in between. Unless nginx runs it, the last proven one is put back. A disk that
 * refuses is reported; the passes that follow meet it again.
 */
export async function recover(
  { releases, gateway, report }: Pick<Pipeline, 'releases' | 'gateway' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await putProvenBack(releases, gateway, signal);
    await releases.tidy();
    report({ type: 'found', release: await releases.live() });
  } catch (error) {
    report({ type: 'problem', problem: problemOf(error) });
  }
}

async function putProvenBack(releases: Releases, gateway: Gateway, signal: AbortSignal): Promise<void> {
  const live = await releases.live();
  const proven = await releases.proven();
  if (proven === undefined || live?.folder === proven.folder) return;
  const running = await gateway.running(signal);
  if (live !== undefined && running.kind === 'running' && running.digest === live.digest) {
    return releases.markProven(live);
  }
  await releases.rollBack(proven);
}
