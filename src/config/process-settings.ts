import type { Setting } from './setting.ts';

/** upsync as a process: the nginx that it runs itself, and how others find it. */
export const processSettings = {
  exec: {
    flag: '--exec',
    value: 'COMMAND',
    help: 'run nginx too, such as "nginx -g \'daemon off;\'": started once a release is there, and drained at the end',
    fallback: '',
  },
  stop_timeout: {
    flag: '--stop-timeout',
    value: 'TIME',
    help: 'how long an nginx of --exec may finish its requests at the end',
    fallback: '30s',
  },
  pid_file: {
    flag: '--pid-file',
    value: 'FILE',
    help: 'where upsync writes its own pid',
    fallback: '',
  },
} as const satisfies Readonly<Record<string, Setting>>;
