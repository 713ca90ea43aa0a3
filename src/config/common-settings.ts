import type { Setting } from './setting.ts';

/** What a first run may need: listed first in `--help`. */
export const commonSettings = {
  'nginx.conf': {
    flag: '--nginx-conf',
    value: 'FILE',
    help: 'nginx.conf to test changes with',
    fallback: '/etc/nginx/nginx.conf',
  },
  output: {
    flag: '--output',
    value: 'DIR',
    help: 'managed folder; nginx includes DIR/http/*.conf',
    fallback: '/etc/nginx/upsync',
  },
  'consul.address': {
    flag: '--consul',
    value: 'URL',
    help: 'address of a Consul agent: http://, https:// or unix:///PATH',
    fallback: 'http://127.0.0.1:8500',
  },
  templates: {
    flag: '--templates',
    value: 'DIR',
    help: 'folder of Eta templates, instead of the built-in one',
  },
  'nginx.prefix': {
    flag: '--nginx-prefix',
    value: 'DIR',
    help: "nginx's prefix, where it is not the compiled-in one",
    fallback: '',
  },
  'nginx.binary': {
    flag: '--nginx-bin',
    value: 'FILE',
    help: 'nginx program to test with, by path or by name',
    fallback: 'nginx',
  },
  'nginx.pid': {
    flag: '--nginx-pid',
    value: 'FILE',
    help: 'pid file of the running nginx; auto: the one that nginx.conf names',
    fallback: 'auto',
  },
  'wait.min': {
    flag: '--wait',
    value: 'MIN:MAX',
    help: 'quiet time that ends a burst of changes',
    fallback: '100ms',
  },
  'wait.max': {
    flag: '--wait',
    value: 'MIN:MAX',
    help: 'the longest that a burst may put a change off',
    fallback: '1s',
  },
  listen: {
    flag: '--listen',
    value: 'ADDR',
    help: 'where status, metrics and events can be asked for; off: nowhere but in the managed folder',
    fallback: '127.0.0.1:9465',
  },
  'log.level': {
    flag: '--log-level',
    value: 'LEVEL',
    help: 'trace, debug, info, warn or error',
    fallback: 'info',
  },
  'log.format': {
    flag: '--log-format',
    value: 'FORMAT',
    help: 'pretty, json, or auto: pretty on a terminal',
    fallback: 'auto',
  },
} as const satisfies Readonly<Record<string, Setting>>;
