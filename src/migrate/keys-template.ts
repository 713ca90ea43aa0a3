import type { KeyRow } from './key-row.ts';

const row = (key: string, upsync: string, flags: readonly string[] = []): KeyRow => ({
  keys: [`template.${key}`],
  flags,
  becomes: 'template',
  upsync,
});

/** What a `template` block says: `migrate-template.ts` makes an entry of it. */
export const templateKeys: readonly KeyRow[] = [
  row('source', '`templates[].source`, an Eta template', ['-template']),
  row('contents', 'a file of its own, as `templates[].source`'),
  row(
    'destination',
    '`templates[].destination`: the same path; or `http/NAME`, for a file in the managed folder',
  ),
  {
    keys: ['template.command', 'template.exec.command'],
    flags: [],
    becomes: 'template',
    upsync:
      "nothing where it reloads nginx: upsync tests with nginx, reloads it and sees that it did. What nginx is given as `-c` and `-p` becomes `nginx.conf` and `nginx.prefix`. `units: {NAME: {test, reload}}`, lists of arguments, for another program's",
  },
  {
    keys: ['template.command_timeout', 'template.exec.timeout'],
    flags: [],
    becomes: 'template',
    upsync: '`units.NAME.timeout`; for nginx `nginx.proof_timeout`',
  },
  row('perms', '`templates[].mode`, as text: `"0640"`'),
  {
    keys: ['template.user', 'template.uid', 'template.group', 'template.gid'],
    flags: [],
    becomes: 'template',
    upsync: '`templates[].owner`: `user:group`, by name or number',
  },
  {
    keys: ['template.left_delimiter', 'template.right_delimiter'],
    flags: [],
    becomes: 'template',
    upsync: 'nothing: Eta has `<%` and `%>`; `migrate` reads templates by the delimiters that are set',
  },
  {
    keys: ['template.backup'],
    flags: [],
    becomes: 'unneeded',
    upsync:
      'the releases before stay in `releases/`, and the last proven one comes back by itself when nginx does not take a new one',
  },
  {
    keys: ['template.create_dest_dirs'],
    flags: [],
    becomes: 'unneeded',
    upsync: 'the folder of a destination has to be there: nginx includes from it',
  },
  {
    keys: ['template.error_on_missing_key', 'template.error_fatal'],
    flags: [],
    becomes: 'unneeded',
    upsync: 'what is undefined is an error of the template always, with its line: the last good files stay',
  },
  {
    keys: ['template.wait', 'template.wait.min', 'template.wait.max', 'template.wait.bool'],
    flags: [],
    becomes: 'unneeded',
    upsync: 'one `wait` for all: the files of nginx are published together',
  },
  {
    keys: ['template.function_denylist', 'template.function_blacklist', 'template.sandbox_path'],
    flags: [],
    becomes: 'unneeded',
    upsync:
      'templates are trusted as configuration is, and values from Consul are checked before any template sees them',
  },
  {
    keys: [
      'template.exec.enabled',
      'template.exec.kill_signal',
      'template.exec.kill_timeout',
      'template.exec.reload_signal',
      'template.exec.splay',
      'template.exec.env.pristine',
      'template.exec.env.custom',
      'template.exec.env.allowlist',
      'template.exec.env.denylist',
      'template.exec.env.whitelist',
      'template.exec.env.blacklist',
    ],
    flags: [],
    becomes: 'unneeded',
    upsync:
      'the commands of a unit are short: they have `PATH`, `HOME` and `LANG` alone, and are ended when `timeout` is over',
  },
];
