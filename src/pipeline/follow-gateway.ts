import type { Report } from './event.ts';
import type { Running } from './outcome.ts';
import type { Clock, Gateway } from './ports.ts';
import { sentence } from './problem.ts';

/** How often nginx is asked what it runs, in ms. */
const interval = 1000;

/** Calls `onChange` when nginx starts, stops or runs something else by itself: restarted, reloaded, killed. */
export async function followGateway(
  gateway: Gateway,
  clock: Clock,
  report: Report,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let last: Running | undefined;
  while (!signal.aborted) {
    const now = await gateway.running(signal);
    if (signal.aborted) return;
    report({ type: 'observed', running: now });
    const { problem } = now;
    if (last?.kind !== now.kind || trouble(last) !== trouble(now)) {
      const detail = describe(now);
      report({ type: 'gateway', state: now.kind, detail, ...(problem === undefined ? {} : { problem }) });
    }
    if (last !== undefined && identity(last) !== identity(now)) onChange();
    last = now;
    await clock.sleep(interval, signal);
  }
}

function identity(running: Running): string {
  return running.kind === 'stopped' ? `stopped ${trouble(running)}` : `running ${running.digest}`;
}

function trouble({ problem }: Running): string {
  return problem === undefined ? '' : sentence(problem);
}

function describe(running: Running): string {
  if (running.kind === 'stopped') return '';
  return running.digest === undefined ? 'no release of ours yet' : `release ${running.digest}`;
}
