import { readFileSync } from 'node:fs';
import { Agent as HttpsAgent } from 'node:https';
import { Agent as HttpAgent } from '../http.ts';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import type { ConsulOptions, TlsOptions } from './options.ts';

/** The connections of one feed: kept open, and never more than Consul allows. */
export function agentFor(base: URL, { maxConnections, tls }: ConsulOptions): HttpAgent {
  const limits = { keepAlive: true, maxSockets: maxConnections };
  return base.protocol === 'https:'
    ? new HttpsAgent({ ...limits, ...tlsSettings(tls) })
    : new HttpAgent(limits);
}

/** For `node:tls`. Throws a ProblemError where a file cannot be read. */
export function tlsSettings(tls: TlsOptions) {
  return {
    ...(tls.ca === '' ? {} : { ca: pem(tls.ca) }),
    ...(tls.cert === '' ? {} : { cert: pem(tls.cert) }),
    ...(tls.key === '' ? {} : { key: pem(tls.key) }),
    ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
    rejectUnauthorized: tls.verify,
  };
}

function pem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ProblemError({ where: path, what: problemOf(error).what, remedy: 'check consul.tls' });
  }
}
