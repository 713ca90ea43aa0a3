import type { Proof } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { testify } from './proof.ts';
import { runningTime } from './running-time.ts';

/** ms between two questions. */
const pause = 10;
/** nginx's master sleeps 100 ms before it retires the old workers: this long nobody may answer for them. */
const handOver = 200;

/**
 * Where nginx's processes cannot be seen (another container): fresh connections are answered with the
 * new digest, and with no other for longer than nginx's hand-over takes.
 */
export async function proveByAnswers(
  digest: string,
  ask: string,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proof> {
  const time = runningTime(timeout, clock);
  const workers = new Set<number>();
  let since: number | undefined;
  let last = 'nothing';
  let heard = false;
  while (!time.isOver() && !signal.aborted) {
    const answer = await testify(ask, 1000, signal);
    heard ||= answer !== undefined;
    last = answer === undefined ? 'nothing' : `release ${answer.digest}`;
    if (answer?.digest === digest) {
      since ??= clock.now();
      workers.add(answer.pid);
      if (clock.now() - since >= handOver)
        return { kind: 'proven', by: 'answers', workers: workers.size, draining: 0 };
    } else {
      since = undefined;
      workers.clear();
    }
    await clock.sleep(pause, signal);
  }
  // Nothing proves anything then: nginx may still be starting, or upsync not reach it.
  if (!heard) return { kind: 'stopped', problem: silent(ask) };
  return {
    kind: 'unproven',
    problem: {
      what: `nginx does not answer with release ${digest} ${timeout / 1000} s after the reload, but with ${last}`,
      where: ask,
      remedy: "nginx's error log says why; upsync must reach this address",
    },
  };
}

function silent(ask: string): Problem {
  return {
    what: 'nginx does not answer there',
    where: ask,
    remedy: 'once it runs, upsync must reach this address (nginx.proof)',
  };
}
