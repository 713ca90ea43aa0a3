import type { EventEmitter } from 'node:events';
import type { RequestOptions } from 'node:http';
import { ProblemError } from '../pipeline/problem.ts';

/** What papi, the HTTP client under the `consul` package, needs of `node:http` and of requests; those of HTTP/2 are `StreamRequest`. */
export interface Transport {
  request(options: RequestOptions): EventEmitter & { destroy(): void };
}

/**
 * The same transport with two endings that papi lacks: a body past `limit` bytes (papi would collect
 * it all) and one that breaks off (papi would wait for its timeout, minutes in a blocking query).
 * papi takes the first `error` of a request as its result and ignores what follows.
 */
export function bounded(transport: Transport, limit: number): Transport {
  return {
    request(options) {
      const request = transport.request(options);
      const fail = (what: string) => {
        request.emit('error', new ProblemError({ what }));
        request.destroy();
      };
      request.once('response', (response: EventEmitter) => {
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > limit) fail(`Consul's answer is larger than ${limit} bytes`);
        });
        response.once('error', () => fail("Consul's answer broke off before its end"));
      });
      return request;
    },
  };
}
