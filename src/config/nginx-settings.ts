import type { Setting } from './setting.ts';

/** How changes reach nginx, and how it is seen that they did. */
export const nginxSettings = {
  'nginx.via': {
    flag: '--via',
    value: 'WAY',
    help: 'how changes reach nginx: reload, push (its Lua module follows them, with no reload), or auto: the best that it can',
    fallback: 'reload',
  },
  'nginx.signal': {
    flag: '--nginx-signal',
    value: 'WAY',
    help: 'how a reload reaches nginx: pid (a signal), fifo (read by another container), or auto',
    fallback: 'auto',
  },
  'nginx.proof': {
    flag: '--nginx-proof',
    value: 'HOST:PORT',
    help: 'where nginx answers which release it runs; auto: a loopback address of its own',
    fallback: 'auto',
  },
  'nginx.proof_timeout': {
    flag: '--nginx-proof-timeout',
    value: 'TIME',
    help: 'how long after a reload nginx has to be seen to run the release',
    fallback: '5s',
  },
  'nginx.max_draining': {
    flag: '--nginx-max-draining',
    value: 'N',
    help: 'generations of old workers past which the next reload waits',
    fallback: 10,
  },
} as const satisfies Readonly<Record<string, Setting>>;
