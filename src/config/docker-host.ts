import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment, Given } from './given.ts';

/** How to reach the Docker engine. */
export type DockerConfig =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const forms = 'write unix:///PATH or tcp://HOST:PORT';

/** As DOCKER_HOST has it. A way over SSH is left to a tunnel. */
export const dockerHost = z.string().transform((text, issues): DockerConfig => {
  const found = read(text);
  if (found !== undefined) return found;
  issues.addIssue({
    code: 'custom',
    message: text.startsWith('ssh:')
      ? `SSH is no way to the engine that is known here; ${forms}, through a tunnel such as ssh -L`
      : `not the address of a Docker engine; ${forms}`,
  });
  return z.NEVER;
});

function read(text: string): DockerConfig | undefined {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(text) ?? [];
  if (path !== undefined) return { kind: 'socket', path };
  const [, authority] = /^(?:(?:tcp|https?):\/\/)?([^/?#@\s]+)\/?$/.exec(text) ?? [];
  const url = authority === undefined ? null : URL.parse(`tcp://${authority}`);
  if (url === null || url.port === '') return undefined;
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

/** What Docker's own variable says. */
export function dockerEnvironment({ DOCKER_HOST: value = '' }: Environment): readonly Given[] {
  return value === '' ? [] : [{ key: 'docker.host', value, from: 'DOCKER_HOST' }];
}

/** The folder of the certificates for a way over TCP, as Docker's own clients find it; undefined without TLS. */
export function certificatesFolder(env: Environment): string | undefined {
  if ((env.DOCKER_TLS_VERIFY ?? '') === '') return undefined;
  return env.DOCKER_CERT_PATH || join(env.HOME || homedir(), '.docker');
}
