import type { Setting } from './setting.ts';

/** How the gateways of a fleet take turns with their reloads. */
export const fleetSettings = {
  'fleet.name': {
    flag: '--fleet',
    value: 'NAME',
    help: 'fleet of gateways that take turns with their reloads, by places in Consul; empty: none',
    fallback: '',
  },
  'fleet.reloads': {
    flag: '--fleet-reloads',
    value: 'K',
    help: 'so many gateways of the fleet reload at the same time',
    fallback: 1,
  },
  'fleet.patience': {
    flag: '--fleet-patience',
    value: 'TIME',
    help: 'how long a reload waits for its turn at most; then it goes on all the same, and says so',
    fallback: '30s',
  },
  'fleet.prefix': {
    flag: '--fleet-prefix',
    value: 'PATH',
    help: "folder in Consul's KV in which each fleet has its own",
    fallback: 'upsync/fleet',
  },
  'fleet.ttl': {
    flag: '--fleet-ttl',
    value: 'TIME',
    help: 'how long a gateway that died keeps its place, from 10s; Consul may take twice as long',
    fallback: '10s',
  },
} as const satisfies Readonly<Record<string, Setting>>;
