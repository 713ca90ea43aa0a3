import { type Problem, ProblemError } from '../../pipeline/problem.ts';

/** docker-modem hangs the status on its errors. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** What went wrong with a request, in words that a person can act on. */
export function engineProblem(error: unknown, { aborted, reason }: AbortSignal): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (aborted) {
    const isLate = reason instanceof Error && reason.name === 'TimeoutError';
    return isLate
      ? { what: 'no answer in time', remedy: 'is the Docker engine well?' }
      : { what: 'the request was cancelled' };
  }
  if (!(error instanceof Error)) return { what: 'the request failed' };
  const status = statusOf(error);
  if (status === 403) {
    return {
      what: `the engine refused to answer (403)`,
      remedy:
        'let the proxy before its socket pass GET /info, /containers/json, /containers/*/json and /events',
    };
  }
  if (status !== undefined) return { what: `the engine answered ${oneLine(error.message)}` };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return known[code] ?? { what: oneLine(error.message) };
}

const broken: Problem = {
  what: 'the connection was closed',
  remedy: 'is the Docker engine restarting?',
};

const known: Readonly<Record<string, Problem>> = {
  ENOENT: {
    what: 'there is no such socket',
    remedy: 'is the Docker engine running? Mount its socket there, or name it with --docker-host',
  },
  ECONNREFUSED: { what: 'connection refused', remedy: 'is the Docker engine running?' },
  EACCES: {
    what: 'the socket may not be opened by this user',
    remedy: "run as a member of the socket's group, or as root",
  },
  ECONNRESET: broken,
  EPIPE: broken,
  ENOTFOUND: { what: 'the host name is unknown', remedy: 'check --docker-host' },
  ETIMEDOUT: { what: 'the connection timed out', remedy: 'check --docker-host' },
};

function oneLine(text: string): string {
  return text
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}
