import { resolve } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { Config, ConsulConfig, NginxConfig } from './config.ts';
import type { Environment } from './given.ts';
import type { Merged } from './merge.ts';
import { toPlan } from './plan.ts';
import { toProcess } from './process.ts';
import { resolveTemplates } from './resolve-templates.ts';
import { resolveUnits } from './resolve-units.ts';
import type { Settings } from './schema.ts';
import { type ReadToken, tokenReader } from './token.ts';

/** Makes paths absolute, each from the folder of where it was given, and sees that there is a token where one is to be. */
export async function resolveConfig(settings: Settings, from: Merged, env: Environment): Promise<Config> {
  const absolute = absoluteFrom(from);
  const nginx = toNginx(settings.nginx, absolute);
  const output = includable(absolute('output', settings.output), from.where(['output']));
  const templates = await resolveTemplates(settings.templates, output, from);
  return {
    plan: toPlan(settings),
    consul: await resolveConsul(settings.consul, from, env),
    nginx,
    output,
    templates,
    units: await resolveUnits(settings.units, { output, templates }, from),
    gateway: settings.gateway.listen,
    environment: Object.fromEntries(settings.expose.env.map((name) => [name, env[name]])),
    process: toProcess(settings, nginx.conf, from),
    listen: { place: settings.listen, hosts: settings.listen_hosts },
    log: settings.log,
  };
}

type Absolute = (key: string, path: string) => string;

function absoluteFrom(from: Merged): Absolute {
  return (key, path) => resolve(from.folderOf(key), path);
}

/** As `resolveConfig`, for the part that says how to reach Consul. */
export async function resolveConsul(
  consul: Settings['consul'],
  from: Merged,
  env: Environment,
): Promise<ConsulConfig> {
  const absolute = absoluteFrom(from);
  const tokenFile = {
    path: absolute('consul.token_file', consul.token_file),
    where: from.where(['consul', 'token_file']),
  };
  const token = await tokenReader(consul.token_file === '' ? undefined : tokenFile, env);
  // A file that is named and holds no token was refused: it need not be read again.
  const hasToken = consul.token_file !== '' || (env.CONSUL_HTTP_TOKEN ?? '') !== '';
  return { ...toConsul(consul, token, absolute), hasToken };
}

function toConsul(
  { tls, ...consul }: Settings['consul'],
  token: ReadToken,
  absolute: Absolute,
): Omit<ConsulConfig, 'hasToken'> {
  const file = (key: string, path: string) => (path === '' ? '' : absolute(key, path));
  return {
    address: consul.address,
    token,
    datacenter: consul.datacenter,
    stale: consul.stale,
    block: consul.block,
    timeout: consul.timeout,
    maxStale: consul.max_stale,
    maxConnections: consul.max_connections,
    tls: {
      ca: file('consul.tls.ca_file', tls.ca_file),
      cert: file('consul.tls.cert_file', tls.cert_file),
      key: file('consul.tls.key_file', tls.key_file),
      serverName: tls.server_name,
      verify: tls.verify,
    },
  };
}

function toNginx(nginx: Settings['nginx'], absolute: Absolute): NginxConfig {
  return {
    conf: absolute('nginx.conf', nginx.conf),
    prefix: nginx.prefix === '' ? undefined : absolute('nginx.prefix', nginx.prefix),
    // A bare name is looked for on PATH.
    binary: nginx.binary.includes('/') ? absolute('nginx.binary', nginx.binary) : nginx.binary,
    pid: nginx.pid === 'auto' ? 'auto' : absolute('nginx.pid', nginx.pid),
    via: nginx.via,
    signal: nginx.signal,
    proof: nginx.proof,
    proofTimeout: nginx.proof_timeout,
  };
}

/** nginx includes the folder's files by name, in a directive that reads quotes, globs and variables. */
function includable(output: string, where: string): string {
  if (/^[\p{L}\p{N}/._@%+=:,~-]+$/u.test(output)) return output;
  throw new ProblemError({
    what: `nginx cannot include from ${JSON.stringify(output)}`,
    where,
    remedy: 'choose a folder without spaces and special characters in its path',
  });
}
