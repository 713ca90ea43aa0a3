import { commandOf } from './command.ts';
import type { Draft } from './draft.ts';
import { type Given, isTrue, type Setting, textOf, wordsOf } from './given.ts';
import { goDuration, spellDuration } from './go-duration.ts';
import type { KeyRow } from './key-row.ts';
import { same, time } from './keys-consul.ts';

const LEVELS: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  err: 'error',
  error: 'error',
};

/** How consul-template runs. */
export const processKeys: readonly KeyRow[] = [
  { keys: [], flags: ['-config'], becomes: 'key', upsync: '`--config FILE`, one file; SIGHUP reads it anew' },
  { keys: [], flags: ['-once'], becomes: 'key', upsync: '`--once --apply`' },
  {
    keys: [],
    flags: ['-dry'],
    becomes: 'key',
    upsync: '`--once`, which shows what would change, and tests it with nginx',
  },
  { keys: [], flags: ['-parse-only'], becomes: 'key', upsync: '`upsync check`' },
  { keys: [], flags: ['-v', '-version'], becomes: 'key', upsync: '`--version`' },
  {
    keys: ['wait'],
    flags: ['-wait'],
    becomes: 'key',
    upsync: '`wait: {min, max}`, or `--wait MIN:MAX`',
    move: (setting, draft, given) => {
      const [min = '', max] = textOf(setting).split(':');
      const part = (text: string) => ({ ...setting, value: { kind: 'text', text, line: 0 } as const });
      time('wait.min')(part(min), draft, given);
      const ms = goDuration(part(max ?? min));
      if (ms !== undefined) draft.set('wait.max', spellDuration(max === undefined ? 4 * ms : ms));
    },
  },
  { keys: ['wait.min'], flags: [], becomes: 'key', upsync: '`wait.min`', move: time('wait.min') },
  { keys: ['wait.max'], flags: [], becomes: 'key', upsync: '`wait.max`', move: time('wait.max') },
  {
    keys: ['wait.bool'],
    flags: [],
    becomes: 'unneeded',
    upsync: 'a change that comes alone goes at once; `wait: {min: 0s, max: 0s}` never waits',
  },
  {
    keys: ['log_level'],
    flags: ['-log-level'],
    becomes: 'key',
    upsync: '`log.level`: trace, debug, info, warn or error',
    move: (setting, draft) => {
      const level = LEVELS[textOf(setting).toLowerCase()];
      // At warn upsync would not tell what it did.
      if (level !== undefined && level !== 'warn') draft.set('log.level', level);
    },
  },
  {
    keys: [
      'log_file.path',
      'log_file.log_rotate_bytes',
      'log_file.log_rotate_duration',
      'log_file.log_rotate_max_files',
    ],
    flags: [],
    becomes: 'unneeded',
    upsync:
      "the log goes to standard error or output, as JSON lines where it is no terminal: files and rotation are journald's, Docker's or logrotate's",
  },
  {
    keys: ['syslog.enabled', 'syslog.facility', 'syslog.name'],
    flags: ['-syslog', '-syslog-facility', '-syslog-name'],
    becomes: 'unneeded',
    upsync: 'under systemd the log is in the journal, which feeds syslog',
  },
  { keys: ['pid_file'], flags: ['-pid-file'], becomes: 'key', upsync: '`pid_file`', move: same('pid_file') },
  {
    keys: ['reload_signal'],
    flags: ['-reload-signal'],
    becomes: 'unneeded',
    upsync: 'SIGHUP reads configuration, templates and token anew',
  },
  {
    keys: ['kill_signal'],
    flags: ['-kill-signal'],
    becomes: 'unneeded',
    upsync: 'SIGTERM and SIGINT end it, in under a second',
  },
  {
    keys: ['exec.command', 'exec'],
    flags: ['-exec'],
    becomes: 'key',
    upsync: '`exec`, or `--exec`, for nginx alone: a list of arguments, or a line that needs no shell',
    move: moveExec,
  },
  {
    keys: ['exec.kill_timeout'],
    flags: ['-exec-kill-timeout'],
    becomes: 'key',
    upsync: '`stop_timeout`: how long requests may take to finish',
    move: time('stop_timeout'),
  },
  {
    keys: ['exec.enabled', 'exec.timeout', 'exec.kill_signal', 'exec.reload_signal'],
    flags: ['-exec-kill-signal', '-exec-reload-signal'],
    becomes: 'unneeded',
    upsync:
      'nginx has its own signals, and upsync knows them: HUP to reload, QUIT to end when its requests are done',
  },
  {
    keys: [
      'exec.env.pristine',
      'exec.env.custom',
      'exec.env.allowlist',
      'exec.env.denylist',
      'exec.env.whitelist',
      'exec.env.blacklist',
    ],
    flags: ['-exec-env-pristine', '-exec-env-custom', '-exec-env-allowlist', '-exec-env-denylist'],
    becomes: 'unneeded',
    upsync: "nginx gets upsync's environment, and passes on what its own `env` directive names",
  },
  {
    keys: ['exec.splay'],
    flags: ['-exec-splay'],
    becomes: 'key',
    upsync: '`splay`',
    move: time('splay'),
  },
  {
    keys: [
      'deduplicate.enabled',
      'deduplicate.prefix',
      'deduplicate.ttl',
      'deduplicate.max_stale',
      'deduplicate.block_query_wait',
    ],
    flags: ['-dedup'],
    becomes: 'unneeded',
    upsync:
      'past `consul.max_connections`, queries share connections, and answers that change nothing cost nothing; `splay` spreads the reloads of many gateways',
  },
  {
    keys: ['template_error_fatal', 'err_on_failed_lookup'],
    flags: ['-template-error-fatal'],
    becomes: 'unneeded',
    upsync: 'an error never ends it: the last good files stay, and the log names template and line',
  },
  {
    keys: ['default_delimiters.left', 'default_delimiters.right'],
    flags: ['-default-left-delimiter', '-default-right-delimiter'],
    becomes: 'unneeded',
    upsync: 'Eta has `<%` and `%>`; `migrate` reads templates by the delimiters that are set',
  },
  {
    keys: ['vault.*'],
    flags: ['-vault-*'],
    becomes: 'outside',
    upsync: "Vault: let Vault's own agent write what nginx reads",
  },
  { keys: ['nomad.*'], flags: [], becomes: 'outside', upsync: 'Nomad: its jobs register in Consul' },
];

/** nginx is run as it was; another program is none of upsync's. */
function moveExec(setting: Setting, draft: Draft, { settings }: Given): void {
  const enabled = settings.get('exec.enabled');
  if (enabled !== undefined && !isTrue(enabled)) return;
  const given = wordsOf(setting);
  const text = textOf(setting);
  if (text.trim() === '') return;
  const needsShell = typeof given === 'string' && /[|&<>()$`*?~#]|^\w+=/.test(given);
  const command = commandOf(given, '');
  if (command.kind !== 'nginx') {
    draft.say(
      'open',
      `exec runs ${JSON.stringify(text)}: upsync runs nginx alone; let systemd run it`,
      setting.where,
    );
  } else if (needsShell) {
    draft.say(
      'open',
      `exec runs ${JSON.stringify(text)} by a shell: set exec to nginx and its arguments`,
      setting.where,
    );
  } else {
    draft.set('exec', given);
    for (const [key, path] of Object.entries(command.paths)) {
      if (path.startsWith('/')) draft.set(`nginx.${key}`, path);
      else
        draft.say(
          'open',
          `exec runs nginx with ${path}: set nginx.${key}, as an absolute path`,
          setting.where,
        );
    }
  }
}
