import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import { Response } from './response.ts';

/** A 200 whose body says that it is JSON; or a 404 that means that nothing is there, whose JSON is null. */
export interface Reply {
  readonly headers: IncomingHttpHeaders;
  /** Two bodies with the same one are the same. A large one takes a while: not all who read want to know. */
  digest(): string;
  /** Throws a ProblemError where it is none after all. */
  json(): unknown;
}

/** What the package resolves to when `ctx.includeResponse` is set. The body is bytes, where there is one: see `connect`. */
const Result = z.tuple([Response, z.instanceof(Buffer).optional()]);

/** Throws a ProblemError where an answer is none of an agent's. `mayBeMissing`: 404 is one. */
export function replyFrom(result: unknown, mayBeMissing = false): Reply {
  const [{ statusCode, headers }, body] = Result.parse(result);
  if (mayBeMissing && statusCode === 404) return { headers, digest: () => '404', json: () => null };
  if (statusCode !== 200) throw new ProblemError({ what: `Consul answered ${statusCode}, not 200` });
  const type = headers['content-type']?.split(';', 1)[0] ?? 'of no type';
  if (body === undefined || type.toLowerCase() !== 'application/json') {
    throw new ProblemError({
      what: body === undefined ? 'the answer has no body' : `the answer is ${type}, not JSON`,
      remedy: 'check that consul.address leads to a Consul agent',
    });
  }
  return { headers, digest: () => hash('sha1', body, 'base64'), json: () => parse(body) };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ProblemError({ what: 'the answer is not valid JSON' });
  }
}
