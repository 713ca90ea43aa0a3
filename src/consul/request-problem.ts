import { type Problem, ProblemError } from '../pipeline/problem.ts';
import { Response } from './response.ts';

/** What a person may have to do, by what was asked for. */
export interface Remedies {
  /** What the token must grant. */
  readonly rights: string;
  /** Where Consul does not take a request. */
  readonly refused?: string;
}

const reading: Remedies = {
  rights: 'service_prefix "" and node_prefix "" with policy "read"',
  refused: 'check consul.address',
};

/**
 * What went wrong with a request, in words that a person can act on. The error itself must go no
 * further: papi hangs the response on it, and with it the request's headers and the token.
 */
export function requestProblem(
  error: unknown,
  token: string | undefined,
  remedies: Remedies = reading,
): Problem {
  if (error instanceof ProblemError) return { ...error.problem, what: hidden(error.problem.what, token) };
  if (!(error instanceof Error)) return { what: 'the request failed' };
  const response = responseOf(error);
  if (response !== undefined && statusOf(error) !== 200) return statusProblem(response, token, remedies);
  if ('isTimeout' in error) return { what: 'no answer in time', remedy: 'is the Consul agent well?' };
  if ('isAbort' in error) return { what: 'the request was cancelled' };
  return networkProblem(error, token);
}

/** With which status Consul answered; undefined where it did not. */
export function statusOf(error: unknown): number | undefined {
  return responseOf(error)?.statusCode;
}

export function responseOf(error: unknown): Response | undefined {
  return error instanceof Error && 'response' in error ? Response.safeParse(error.response).data : undefined;
}

function statusProblem(
  response: Response,
  token: string | undefined,
  { rights, refused }: Remedies,
): Problem {
  const status = response.statusCode;
  const said = saying(response, token);
  if (status === 401 || status === 403) {
    return token
      ? {
          what: `Consul denied the token (${status}${said})`,
          remedy: `check that the token still exists and grants ${rights}`,
        }
      : { what: `Consul wants a token (${status}${said})`, remedy: `give one that grants ${rights}` };
  }
  if (status === 429) return { what: `Consul limits the rate of requests (429${said})` };
  if (status >= 300 && status < 400) {
    const to = scrubbed(response.headers.location ?? 'nowhere', token);
    return {
      what: `Consul answered with a redirect to ${to} (${status}), which is not followed`,
      remedy: 'set consul.address to where Consul itself answers',
    };
  }
  if (status >= 500) return { what: `Consul failed (${status}${said})`, ...aboutFilter(said) };
  return {
    what: `Consul refused the request (${status}${said})`,
    ...(refused === undefined ? {} : { remedy: refused }),
    ...aboutFilter(said),
  };
}

/** Consul 1.8 answers 500 to an expression that it does not understand. */
function aboutFilter(said: string): Pick<Problem, 'remedy'> {
  return said.includes('boolean expression') ? { remedy: 'mend the filter' } : {};
}

/** Consul explains itself in a line of plain text; an HTML page of some proxy's is left out. */
function saying(response: Response, token: string | undefined): string {
  const body = response.body?.toString().trim() ?? '';
  const plain = /^text\/plain\b/i.test(response.headers['content-type'] ?? '');
  return plain && body !== '' ? `: ${scrubbed(body, token)}` : '';
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
      'it may have restarted, or this address has all connections that it allows (limits.http_max_conns_per_client, 200): those of an upsync that ended count for up to consul.block more',
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
