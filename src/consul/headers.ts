import type { IncomingHttpHeaders } from 'node:http';
import { type Problem, ProblemError } from '../pipeline/problem.ts';

export interface Meta {
  /** A 64-bit number, so never a JavaScript one. At least 1. */
  readonly index: bigint;
  /** Consul says that it left something out because the token may not see it (1.11 and later). */
  readonly filtered: boolean;
}

/**
 * Reads what Consul says about its answer, and throws a ProblemError where that alone makes the answer
 * worthless: no leader, too long without one, no index
 * (https://developer.hashicorp.com/consul/api-docs/features/blocking, …/consistency).
 */
export function readHeaders(headers: IncomingHttpHeaders, maxStale: number): Meta {
  if (headers['x-consul-knownleader'] === 'false') refuse({ what: 'Consul has no leader' });
  const lastContact = Number(headers['x-consul-lastcontact'] ?? 0);
  if (!(lastContact <= maxStale)) {
    refuse({
      what: `the answering server last heard from the leader ${lastContact} ms ago, more than ${maxStale} ms`,
      remedy: 'check the Consul cluster, or raise consul.max_stale',
    });
  }
  const index = headers['x-consul-index'];
  if (typeof index !== 'string' || !/^\d{1,20}$/.test(index)) {
    refuse({ what: 'the answer has no X-Consul-Index', remedy: 'check that consul.address leads to Consul' });
  }
  const value = BigInt(index);
  return {
    // 0 would turn the next blocking query into one that returns at once.
    index: value === 0n ? 1n : value,
    filtered: headers['x-consul-results-filtered-by-acls'] === 'true',
  };
}

function refuse(problem: Problem): never {
  throw new ProblemError(problem);
}
