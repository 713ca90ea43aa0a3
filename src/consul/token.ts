import type { Event } from '../pipeline/event.ts';
import { problemOf, sentence } from '../pipeline/problem.ts';

type Read = () => Promise<string | undefined>;

/** Told of a token that cannot be had. */
export type ReportProblem = (event: Extract<Event, { type: 'problem' }>) => void;

/**
 * The token for the next request. While none is to be had where it comes from (a file that was taken away,
 * or is just being written), the last good one goes on: whether it still counts is Consul's to say. That is
 * reported once. Never rejects.
 */
export function lastingToken(read: Read, report: ReportProblem): Read {
  let good: string | undefined;
  let said = '';
  return async () => {
    try {
      good = await read();
      said = '';
    } catch (error) {
      const { what, ...rest } = problemOf(error);
      const problem = { ...rest, what: `${what}; the token that was there before stays in use` };
      if (sentence(problem) !== said) report({ type: 'problem', problem });
      said = sentence(problem);
    }
    return good;
  };
}
