import type { EventEmitter } from 'node:events';
import type Consul from 'consul';
import type { Shared } from './connection.ts';
import type { Question } from './question.ts';
import { responseOf } from './request-problem.ts';

/** A request as papi takes it. */
export interface PapiGet {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly ctx: EventEmitter;
  readonly timeout: number;
}

/** How it is read, in the words of the `consul` package. */
export interface Parameters extends Shared {
  /** Empty for the agent's own. */
  readonly dc: string;
  readonly stale?: boolean;
  readonly consistent?: boolean;
  readonly index?: string;
  readonly wait?: string;
}

/**
 * A GET of our own by the way that the `consul` package goes: its calls leave out `ns` and `peer`, which its types have,
 * and take a 404 of the key-value store for an answer without headers. Resolves to what they do: the response, its body.
 */
export async function get(consul: Consul, asked: Question, parameters: Parameters): Promise<unknown> {
  const { token, ctx, timeout, dc, stale, consistent, index, wait } = parameters;
  const query = {
    ...asked.parameters,
    ...(dc === '' ? {} : { dc }),
    ...(consistent ? { consistent: '1' } : {}),
    ...(stale ? { stale: '1' } : {}),
    ...(index === undefined ? {} : { index }),
    ...(wait === undefined ? {} : { wait }),
  };
  const headers: Record<string, string> = token === undefined ? {} : { 'x-consul-token': token };
  try {
    const response = await consul._get({ path: asked.path, query, headers, ctx, timeout });
    return [response, response.body];
  } catch (error) {
    const response = responseOf(error);
    if (asked.mayBeMissing && response?.statusCode === 404) return [response];
    throw error;
  }
}
