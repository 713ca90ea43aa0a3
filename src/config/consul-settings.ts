import type { Setting } from './setting.ts';

/** How Consul is reached and asked, beyond its address. */
export const consulSettings = {
  'consul.token_file': {
    flag: '--consul-token-file',
    value: 'FILE',
    help: 'file that holds the ACL token',
    fallback: '',
  },
  'consul.datacenter': {
    flag: '--consul-datacenter',
    value: 'NAME',
    help: "datacenter to ask for services; empty: the agent's own",
    fallback: '',
  },
  'consul.stale': {
    flag: '--consul-stale',
    value: 'true|false',
    help: 'let any Consul server answer, not the leader alone',
    fallback: true,
  },
  'consul.block': {
    flag: '--consul-block',
    value: 'TIME',
    help: 'how long Consul may hold a query open, 1s to 10m',
    fallback: '5m',
  },
  'consul.timeout': {
    flag: '--consul-timeout',
    value: 'TIME',
    help: 'how long Consul may take to answer, not counting the time that it may hold a query open',
    fallback: '10s',
  },
  'consul.max_stale': {
    flag: '--consul-max-stale',
    value: 'TIME',
    help: 'an answer further behind the leader than this is not believed',
    fallback: '10m',
  },
  'consul.max_connections': {
    flag: '--consul-max-connections',
    value: 'N',
    help: 'connections to hold open at most; the agent allows 200 per client',
    fallback: 100,
  },
  'consul.tls.ca_file': {
    flag: '--consul-tls-ca-file',
    value: 'FILE',
    help: "certificates to check the agent's own against (PEM)",
    fallback: '',
  },
  'consul.tls.cert_file': {
    flag: '--consul-tls-cert-file',
    value: 'FILE',
    help: 'client certificate (PEM)',
    fallback: '',
  },
  'consul.tls.key_file': {
    flag: '--consul-tls-key-file',
    value: 'FILE',
    help: 'key of the client certificate (PEM)',
    fallback: '',
  },
  'consul.tls.server_name': {
    flag: '--consul-tls-server-name',
    value: 'NAME',
    help: "name to expect in the agent's certificate; empty: the address's host",
    fallback: '',
  },
  'consul.tls.verify': {
    flag: '--consul-tls-verify',
    value: 'true|false',
    help: "check the agent's certificate",
    fallback: true,
  },
} as const satisfies Readonly<Record<string, Setting>>;
