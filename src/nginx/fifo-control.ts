import type { Control, ControlOptions } from './control.ts';
import { requestReload, whyUnread } from './fifo.ts';
import { followByAnswers } from './follow-push.ts';
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
      const { digest, structure } = answer ?? {};
      return { kind: 'running', digest, draining: 0, ...(structure === undefined ? {} : { structure }) };
    },
    async reload({ digest }, signal) {
      const problem = await requestReload(path);
      if (problem !== undefined) return { kind: 'stopped', problem };
      return proveByAnswers(digest, proof.ask, proofTimeout, clock, signal);
    },
    async follow(release, signal) {
      const known = await testify(proof.ask, 1000, signal);
      if (known === undefined) return undefined;
      return followByAnswers(release, proof.ask, proofTimeout, clock, signal);
    },
  };
}
