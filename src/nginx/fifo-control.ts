import type { Problem } from '../pipeline/problem.ts';
import type { Control, ControlOptions } from './control.ts';
import { hasReader, requestReload } from './fifo.ts';
import { testify } from './proof.ts';
import { proveByAnswers } from './prove-by-answers.ts';

/** nginx in another container, by the FIFO that its entrypoint reads in the shared folder. */
export function controlByFifo(path: string, { proof, proofTimeout, clock }: ControlOptions): Control {
  const stopped = { kind: 'stopped', problem: noReader(path) } as const;
  return {
    async running(signal) {
      if (!(await hasReader(path))) return stopped;
      // One answer may be missed by a busy nginx: a reload must not come of that.
      const answer = (await testify(proof.ask, 1000, signal)) ?? (await testify(proof.ask, 1000, signal));
      return { kind: 'running', digest: answer?.digest, draining: 0 };
    },
    async reload(digest, signal) {
      if (!(await requestReload(path))) return stopped;
      return proveByAnswers(digest, proof.ask, proofTimeout, clock, signal);
    },
  };
}

function noReader(path: string): Problem {
  return {
    what: 'nobody reads the reload FIFO: the gateway container is not running',
    where: path,
    remedy: 'start it, with 90-upsync.sh in its /docker-entrypoint.d',
  };
}
