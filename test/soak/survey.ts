import { tryGet } from '../../demo/request.ts';
import type { Expected } from './policy.ts';
import { answerInWords, answerOf } from './verdict.ts';

/** Who answered fresh requests, and the first thing that was not as expected. */
export interface Survey {
  readonly requests: number;
  readonly served: ReadonlySet<string>;
  readonly mismatch: string | undefined;
}

const atOnce = 4;
/** At least so many, and more for each one that has to answer: weights are up to 4, and the load takes turns too. */
const least = 8;
const perInstance = 12;

/** Asks over new connections until all have answered who must, or somebody has who may not. */
export async function survey(url: string, expected: Expected): Promise<Survey> {
  const served = new Set<string>();
  const ambiguous = expected.must.size < expected.may.size;
  const most = least + perInstance * expected.may.size;
  let requests = 0;
  while (requests < most) {
    const answers = await Promise.all(
      Array.from({ length: atOnce }, async () => answerOf(await tryGet(url))),
    );
    requests += atOnce;
    for (const answer of answers) {
      const right = answer.kind === 'answered' ? expected.may.has(answer.by) : expected.unavailable;
      if (answer.kind === 'failed' || !right) {
        return { requests, served, mismatch: answerInWords(answer) };
      }
      if (answer.kind === 'answered') served.add(answer.by);
    }
    if (!ambiguous && requests >= least && served.size >= expected.must.size) break;
  }
  const silent = [...expected.must].filter((name) => !served.has(name));
  const mismatch = silent.length === 0 ? undefined : `${silent.join(', ')} did not answer`;
  return { requests, served, mismatch };
}
