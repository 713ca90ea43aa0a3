import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { IncomingMessage } from '../../http.ts';
import { ProblemError } from '../../pipeline/problem.ts';
import { type DockerOptions, deadline } from './options.ts';
import { engineProblem, isNotFound } from './problems.ts';

type Query = Readonly<Record<string, unknown>>;

/** Docker's HTTP API, read only. Each request throws a ProblemError. */
export interface Client {
  /** The decoded JSON, not checked; undefined where there is no such thing. */
  get(path: string, query: Query, signal: AbortSignal): Promise<unknown>;
  /** The chunks of a body without an end; it throws where that is lost. */
  stream(path: string, query: Query, signal: AbortSignal): Promise<AsyncIterable<unknown>>;
}

export function createClient(options: DockerOptions): Client {
  const where = options.kind === 'socket' ? options.path : `${options.host}:${options.port}`;
  const { modem } = new Docker(settingsFor(options));

  /** dockerode's own methods share this way out; it alone lets each of them be given up. */
  const dial = (path: string, query: Query, isStream: boolean, abortSignal: AbortSignal) =>
    new Promise<unknown>((resolve, reject) => {
      // The question mark is its sign that a query follows.
      const request = { path: `${path}?`, method: 'GET', options: { ...query }, statusCodes: { 200: true } };
      modem.dial({ ...request, isStream, abortSignal }, (error, result) => {
        if (error === null || error === undefined) resolve(result);
        else reject(error);
      });
    });

  return {
    async get(path, query, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
      try {
        return await dial(path, query, false, limited);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw new ProblemError({ where, ...engineProblem(error, limited) });
      }
    },
    async stream(path, query, signal) {
      const lost = (error: unknown) => new ProblemError({ where, ...engineProblem(error, signal) });
      const body = await dial(path, query, true, signal).catch((error: unknown) => {
        throw lost(error);
      });
      if (!(body instanceof IncomingMessage)) throw lost(new Error('the engine sends no stream'));
      // Where the network swallows what comes, somebody has to ask.
      body.socket.setKeepAlive(true, 30_000);
      return chunksOf(body, lost);
    },
  };
}

async function* chunksOf(
  body: IncomingMessage,
  lost: (error: unknown) => ProblemError,
): AsyncGenerator<unknown> {
  try {
    yield* body;
  } catch (error) {
    throw lost(error);
  } finally {
    body.destroy();
  }
}

/** Each of them is named, even as undefined: dockerode looks into the environment for what is not. */
function settingsFor(options: DockerOptions): Docker.DockerOptions {
  if (options.kind === 'socket') {
    return { socketPath: options.path, host: undefined, port: undefined, protocol: 'http', ...withoutTls };
  }
  const { host, port, certificates } = options;
  if (certificates === undefined) return { host, port, protocol: 'http', ...withoutTls };
  return {
    host,
    port,
    protocol: 'https',
    ca: pem(certificates, 'ca.pem'),
    cert: pem(certificates, 'cert.pem'),
    key: pem(certificates, 'key.pem'),
  };
}

const withoutTls = { ca: undefined, cert: undefined, key: undefined };

function pem(folder: string, name: string): Buffer {
  const path = join(folder, name);
  try {
    return readFileSync(path);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new ProblemError({ where: path, what, remedy: 'check DOCKER_CERT_PATH' });
  }
}
