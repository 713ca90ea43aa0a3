import { commonSettings } from './common-settings.ts';
import { furtherSettings } from './further-settings.ts';
import type { Setting } from './setting.ts';

/** What `upsync register` is told: by flag or environment, as Registrator was. */
export const registrarSettings = {
  'register.ip': {
    flag: '--ip',
    value: 'ADDRESS',
    help: "where this host's published ports are reached; empty: the Consul agent's own address",
    fallback: '',
  },
  'register.internal': {
    flag: '--internal',
    value: '',
    help: "register exposed ports at the containers' own addresses, not published ones at the host's",
    fallback: false,
  },
  'register.network': {
    flag: '--network',
    value: 'NAME',
    help: 'with --internal: the network whose addresses those are; empty: the one a container was started on',
    fallback: '',
  },
  'register.explicit': {
    flag: '--explicit',
    value: '',
    help: 'register only what SERVICE_NAME or SERVICE_<port>_NAME names',
    fallback: false,
  },
  'register.tags': {
    flag: '--tags',
    value: 'TAG,…',
    help: "tags for every service, beside its own; '\\,' stands for a comma",
    fallback: '',
  },
  'register.ttl': {
    flag: '--ttl',
    value: 'TIME',
    help: 'give what has no check one that lasts so long and is kept fresh; 0s: only HEALTHCHECK becomes such a check, of 30s',
    fallback: '0s',
  },
  'register.resync': {
    flag: '--resync',
    value: 'TIME',
    help: 'look at Docker and at the agent at least this often',
    fallback: '10s',
  },
  'register.deregister': {
    flag: '--deregister',
    value: 'WHEN',
    help: 'always: with its container; on-success: a container that failed leaves its services, in maintenance, until it is removed',
    fallback: 'always',
  },
  'register.cleanup': {
    flag: '--cleanup',
    value: '',
    help: 'remove as well what the original Registrator left on this host',
    fallback: false,
  },
  'register.hostname': {
    flag: '--hostname',
    value: 'NAME',
    help: "first part of the services' ids; empty: the host's name as Docker has it",
    fallback: '',
  },
  'register.owner': {
    flag: '--owner',
    value: 'NAME',
    help: "mark of the services that are this registrar's to remove; empty: the Docker engine's id",
    fallback: '',
  },
  'docker.host': {
    flag: '--docker-host',
    value: 'URL',
    help: 'the Docker engine, unix:///PATH or tcp://HOST:PORT; also DOCKER_HOST',
    fallback: 'unix:///var/run/docker.sock',
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** What it shares with the sidecar. */
export const sharedSettings = {
  'consul.address': commonSettings['consul.address'],
  'consul.token_file': furtherSettings['consul.token_file'],
  'consul.timeout': furtherSettings['consul.timeout'],
  'consul.tls.ca_file': furtherSettings['consul.tls.ca_file'],
  'consul.tls.cert_file': furtherSettings['consul.tls.cert_file'],
  'consul.tls.key_file': furtherSettings['consul.tls.key_file'],
  'consul.tls.server_name': furtherSettings['consul.tls.server_name'],
  'consul.tls.verify': furtherSettings['consul.tls.verify'],
  'log.level': commonSettings['log.level'],
  'log.format': commonSettings['log.format'],
} as const satisfies Readonly<Record<string, Setting>>;

export const registerSettings = { ...registrarSettings, ...sharedSettings };
