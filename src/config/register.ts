import { isIP } from 'node:net';
import { z } from 'zod';
import { isLoopback } from '../registrar/place.ts';
import type { RegistrarPlan } from '../registrar/plan.ts';
import { splitTags } from '../registrar/settings.ts';
import type { ConsulConfig, LogConfig } from './config.ts';
import { consulEnvironment } from './consul-environment.ts';
import { certificatesFolder, type DockerConfig, dockerEnvironment, dockerHost } from './docker-host.ts';
import { duration } from './duration.ts';
import { type Environment, givenValues } from './given.ts';
import { merge } from './merge.ts';
import { message } from './messages.ts';
import { serverName } from './names.ts';
import { together, toProblems } from './problems.ts';
import { registerSettings as s } from './register-settings.ts';
import { resolveConsul } from './resolve.ts';
import { consul } from './schema/consul.ts';
import { setting } from './schema/keys.ts';
import { log } from './schema.ts';

/** All that `upsync register` was told, resolved. */
export interface RegisterConfig {
  readonly plan: RegistrarPlan;
  readonly docker: DockerConfig;
  /** The folder of the certificates for the engine; undefined without TLS. */
  readonly certificates: string | undefined;
  readonly consul: ConsulConfig;
  readonly log: LogConfig;
}

interface Sources {
  /** Values by flag, as typed. */
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Environment;
  readonly cwd: string;
}

const address = z
  .string()
  .refine((text) => text === '' || isIP(text) !== 0, 'not an IP address; write such as 10.0.0.5')
  .refine(
    (text) => !isLoopback(text),
    'no other host reaches this one there; give an address of this host that others reach, or register the addresses of the containers with --internal',
  )
  .refine(
    (text) => !/^(0\.0\.0\.0|::)$/.test(text),
    'no address that a host is reached at; write such as 10.0.0.5',
  );

const register = z
  .strictObject({
    ip: setting(s['register.ip'], address),
    internal: setting(s['register.internal'], z.boolean()),
    network: setting(s['register.network'], z.string()),
    explicit: setting(s['register.explicit'], z.boolean()),
    tags: setting(s['register.tags'], z.string().transform(splitTags)),
    ttl: setting(
      s['register.ttl'],
      duration().refine(
        (ms) => ms === 0 || ms >= 3_000,
        'too short to be kept fresh; at least 3s, or 0s for none',
      ),
    ),
    resync: setting(s['register.resync'], duration({ least: 1_000 })),
    deregister: setting(s['register.deregister'], z.enum(['always', 'on-success'])),
    cleanup: setting(s['register.cleanup'], z.boolean()),
    hostname: setting(s['register.hostname'], serverName),
    owner: setting(s['register.owner'], z.string().max(512, 'too long; at most 512 characters')),
  })
  .refine(({ network, internal }) => network === '' || internal, {
    path: ['network'],
    error: 'goes with --internal, for published ports have no network; add --internal',
  });

const schema = z.strictObject({
  consul: consul.prefault({}),
  docker: z.strictObject({ host: setting(s['docker.host'], dockerHost) }).prefault({}),
  register: register.prefault({}),
  log: log.prefault({}),
});

/**
 * From flags, then `UPSYNC_…` variables, then Docker's and Consul's own, then defaults. Throws
 * ProblemError with everything that is wrong with it, and never a secret.
 */
export async function loadRegisterConfig({ flags, env, cwd }: Sources): Promise<RegisterConfig> {
  const { given, problems } = givenValues(flags, env, s);
  const below = [...consulEnvironment(env), ...dockerEnvironment(env)];
  const merged = merge({ file: undefined, below, above: given, services: [], cwd });
  const parsed = schema.safeParse(merged.root, { error: message });
  if (!parsed.success) throw together([...problems, ...toProblems(parsed.error.issues, merged.where)]);
  const { register: own, docker, log } = parsed.data;
  const orUndefined = (text: string) => text || undefined;
  return {
    plan: {
      ...own,
      ip: orUndefined(own.ip),
      network: orUndefined(own.network),
      hostname: orUndefined(own.hostname),
      owner: orUndefined(own.owner),
    },
    docker: docker.host,
    certificates: certificatesFolder(env),
    consul: await resolveConsul(parsed.data.consul, merged, env),
    log,
  };
}
