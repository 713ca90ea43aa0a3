import type { Setting } from './setting.ts';

/** Services that nobody names, and the server that their routes lie in. */
export const discoverSettings = {
  'discover.tag': {
    flag: '--discover',
    value: 'TAG',
    help: 'give an upstream to every service that has instances with this tag',
    fallback: '',
  },
  'discover.filter': {
    flag: '--discover-filter',
    value: 'EXPRESSION',
    help: 'and of their instances take those that this filter of Consul lets pass',
    fallback: '',
  },
  'discover.datacenter': {
    flag: '--discover-datacenter',
    value: 'NAME',
    help: 'where services are discovered; empty: consul.datacenter',
    fallback: '',
  },
  'discover.max': {
    flag: '--discover-max',
    value: 'N',
    help: 'how many services are discovered at most',
    fallback: 500,
  },
  'gateway.listen': {
    flag: '--gateway',
    value: 'ADDR',
    help: 'what nginx listens on to serve the routes of services: PORT, HOST:PORT or off',
    fallback: 'off',
  },
} as const satisfies Readonly<Record<string, Setting>>;
