import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { IncomingMessage } from '../http.ts';
import { ProblemError } from '../pipeline/problem.ts';

/** A 200 with JSON: nothing else of it is checked yet. */
export interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What the package resolves to when `ctx.includeResponse` is set. */
const Result = z.tuple([z.instanceof(IncomingMessage), z.unknown()]);

/** Throws a ProblemError where an answer is none of an agent's. */
export function replyFrom(result: unknown): Reply {
  const [{ statusCode, headers }, body] = Result.parse(result);
  if (statusCode !== 200) throw new ProblemError({ what: `Consul answered ${statusCode}, not 200` });
  // papi decodes a body by its media type; any other arrives as text or bytes.
  const type = headers['content-type']?.split(';', 1)[0] ?? 'of no type';
  if (body === undefined || type.toLowerCase() !== 'application/json') {
    throw new ProblemError({
      what: body === undefined ? 'the answer has no body' : `the answer is ${type}, not JSON`,
      remedy: 'check that consul.address leads to a Consul agent',
    });
  }
  return { headers, body };
}
