import type { Control, ControlOptions } from './control.ts';
import { requestReload, whyUnread } from './fifo.ts';
import { testify } from './proof.ts';
import { proveByAnswers } from './prove-by-answers.ts';

/** nginx in another container, by the FIFO that its entrypoint reads in the shared folder. */
export function controlByFifo(path: string, { proof, proofTimeout, clock }: ControlOptions): Control {
  return {
    async running(signal) {
      const problem = await whyUnread(path);
      if (problem !== undefined) return { kind: 'stopped', problem };
      // One answer may be missed by a busy nginx: a reload must not come of that.
      const answer = (await testify(proof.ask, 1000, signal)) ?? (await testify(proof.ask, 1000, signal));
      return { kind: 'running', digest: answer?.digest, draining: 0 };
    },
    async reload(digest, signal) {
      const problem = await requestReload(path);
      if (problem !== undefined) return { kind: 'stopped', problem };
      return proveByAnswers(digest, proof.ask, proofTimeout, clock, signal);
    },
  };
}
