import { IncomingMessage } from 'node:http';
import { type Problem, ProblemError } from '../pipeline/problem.ts';

const READ_RIGHTS = 'service_prefix "" and node_prefix "" with policy "read"';

/**
 * What went wrong with a request, in words that a person can act on. The error itself must go no
 * further: papi hangs the response on it, and with it the request's headers and the token.
 */
export function requestProblem(error: unknown, token: string | undefined): Problem {
  if (error instanceof ProblemError) return { ...error.problem, what: hidden(error.problem.what, token) };
  if (!(error instanceof Error)) return { what: 'the request failed' };
  if ('response' in error && error.response instanceof IncomingMessage && !('isCodec' in error)) {
    const status = error.response.statusCode ?? 0;
    if (status !== 200) return statusProblem(status, error.response, token);
  }
  if ('isTimeout' in error) return { what: 'no answer in time', remedy: 'is the Consul agent well?' };
  if ('isAbort' in error) return { what: 'the request was cancelled' };
  if ('isCodec' in error) return { what: 'the answer is not valid JSON' };
  return networkProblem(error, token);
}

function statusProblem(status: number, response: IncomingMessage, token: string | undefined): Problem {
  const said = saying(response, token);
  if (status === 401 || status === 403) {
    return token
      ? {
          what: `Consul denied the token (${status}${said})`,
          remedy: `check that the token still exists and grants ${READ_RIGHTS}`,
        }
      : { what: `Consul wants a token (${status}${said})`, remedy: `give one that grants ${READ_RIGHTS}` };
  }
  if (status === 429) return { what: `Consul limits the rate of requests (429${said})` };
  if (status >= 300 && status < 400) {
    const to = scrubbed(response.headers.location ?? 'nowhere', token);
    return {
      what: `Consul answered with a redirect to ${to} (${status}), which is not followed`,
      remedy: 'set consul.address to where Consul itself answers',
    };
  }
  if (status >= 500) return { what: `Consul failed (${status}${said})` };
  return { what: `Consul refused the request (${status}${said})`, remedy: 'check consul.address' };
}

/** Consul explains itself in a line of plain text; an HTML page of some proxy's is left out. */
function saying(response: IncomingMessage, token: string | undefined): string {
  const body = 'body' in response ? response.body : undefined;
  const plain = /^text\/plain\b/i.test(response.headers['content-type'] ?? '');
  return plain && typeof body === 'string' && body.trim() !== '' ? `: ${scrubbed(body, token)}` : '';
}

function networkProblem(error: Error, token: string | undefined): Problem {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = NETWORK[code];
  if (known !== undefined) return known;
  if (/CERT|^ERR_TLS|^ERR_SSL|^EPROTO|ISSUER|SIGNATURE/.test(code)) {
    return { what: `TLS failed: ${scrubbed(error.message, token)} (${code})`, remedy: 'check consul.tls' };
  }
  return { what: scrubbed(error.message || code || 'the request failed', token) };
}

const NETWORK: Readonly<Record<string, Problem>> = {
  ECONNREFUSED: { what: 'connection refused', remedy: 'is the Consul agent running there?' },
  ENOENT: { what: 'no such socket', remedy: 'is the Consul agent running, and does it listen there?' },
  EACCES: { what: 'the socket may not be used by this user', remedy: 'check its owner and mode' },
  ECONNRESET: {
    what: 'the connection was closed before an answer',
    remedy:
      'it may have restarted, or its limits.http_max_conns_per_client (200) is below consul.max_connections',
  },
  ENOTFOUND: { what: 'the host name is unknown', remedy: 'check consul.address' },
  EAI_AGAIN: { what: 'the host name could not be resolved for now' },
  ETIMEDOUT: { what: 'the connection timed out', remedy: 'check consul.address, and the way there' },
  EHOSTUNREACH: { what: 'the host cannot be reached', remedy: 'check consul.address, and the way there' },
  ENETUNREACH: { what: 'the network cannot be reached', remedy: 'check consul.address, and the way there' },
};

/** Foreign text made fit for one line of a log: short, printable, and without the token should it be echoed. */
function scrubbed(text: string, token: string | undefined): string {
  return hidden(text, token)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 160);
}

function hidden(text: string, token: string | undefined): string {
  return token ? text.replaceAll(token, '(token)') : text;
}
