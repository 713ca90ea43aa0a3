import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { get, type IncomingMessage } from '../http.ts';
import { type Problem, ProblemError, problemOf } from '../pipeline/problem.ts';
import { withControlSocket } from '../release/control-socket.ts';
import { type Status, statusSchema } from '../status/schema.ts';

/** ms. */
const patience = 5_000;

/** What the upsync that works on this folder says of itself, as text and as we understand it. */
export interface Told {
  readonly json: string;
  readonly status: Status;
}

/** Asks by the control socket, whatever `listen` says. Throws ProblemError where nobody answers. */
export async function askStatus(output: string, signal: AbortSignal): Promise<Told> {
  const json = await withControlSocket(output, (path) => read(path, signal)).catch((error: unknown) => {
    throw new ProblemError({ where: output, ...nobody(error) });
  });
  const parsed = statusSchema.safeParse(parse(json));
  if (parsed.success) return { json, status: parsed.data };
  throw new ProblemError({
    what: 'what it says is not understood: it is an upsync of another version',
    where: output,
    remedy: 'use the same version for both, or --json',
  });
}

async function read(socketPath: string, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const request = get({ socketPath, path: '/status', agent: false, signal: deadline });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no response');
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`it answered ${response.statusCode}`);
  return body;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function nobody(error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError' || name === 'AbortError')
    return { what: `no answer within ${patience / 1000} s`, remedy: 'its log may say why' };
  return reasons[code] ?? { what: problemOf(error).what };
}

const silent = {
  what: 'whoever works on this folder tells no status',
  remedy: 'it may be an upsync --once, or one that is just starting or ending',
};
const start = 'start it, or name the folder that it works on with --output';

const reasons: Readonly<Record<string, Problem>> = {
  ENOENT: { what: 'no upsync works on this folder', remedy: start },
  ENOTDIR: { what: 'this is no folder', remedy: start },
  ECONNREFUSED: { what: 'no upsync works on this folder: the last one was killed', remedy: start },
  EACCES: { what: 'this user may not ask it', remedy: 'run this as the user that upsync runs as' },
  ECONNRESET: silent,
  EPIPE: silent,
};
