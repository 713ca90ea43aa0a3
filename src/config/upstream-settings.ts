import type { Setting } from './setting.ts';

/** What holds for each upstream that does not say otherwise. */
export const upstreamSettings = {
  'defaults.balance': {
    flag: '--balance',
    value: 'METHOD',
    help: 'round_robin, least_conn, ip_hash, random [two [least_conn]] or hash KEY [consistent]',
    fallback: 'round_robin',
  },
  'defaults.on_empty': {
    flag: '--on-empty',
    value: 'POLICY',
    help: 'with no healthy server left: keep the last ones for a time, down (503), or drop the upstream',
    fallback: 'keep',
  },
  'defaults.keep_for': {
    flag: '--keep-for',
    value: 'TIME',
    help: 'how long on_empty keeps servers that are no longer registered',
    fallback: '60s',
  },
  'defaults.on_warning': {
    flag: '--on-warning',
    value: 'POLICY',
    help: "servers whose check warns: use them by Consul's warning weight, or drop them",
    fallback: 'use',
  },
  'defaults.max_fails': {
    flag: '--max-fails',
    value: 'N',
    help: 'failures after which nginx passes a server over; 0: never',
    fallback: 1,
  },
  'defaults.fail_timeout': {
    flag: '--fail-timeout',
    value: 'TIME',
    help: 'within which failures count, and for how long the server is passed over, from 1s',
    fallback: '10s',
  },
  'defaults.keepalive': {
    flag: '--keepalive',
    value: 'N',
    help: 'idle connections that each nginx worker keeps to the upstream; 0: none',
    fallback: 32,
  },
  'defaults.zone': {
    flag: '--zone',
    value: 'SIZE',
    help: 'memory that the workers share per upstream: auto, off, or a size such as 128k or 1m',
    fallback: 'auto',
  },
} as const satisfies Readonly<Record<string, Setting>>;
