import { type Given, isTrue, type Setting, textOf } from './given.ts';
import { goDuration, spellDuration } from './go-duration.ts';
import type { KeyRow } from './key-row.ts';

/** A key whose text is taken as it is. */
export function same(key: string): NonNullable<KeyRow['move']> {
  return (setting, draft) => draft.set(key, textOf(setting));
}

/** A duration, in upsync's words and within its bounds, in ms. */
export function time(key: string, least = 0, most = Number.POSITIVE_INFINITY): NonNullable<KeyRow['move']> {
  return (setting, draft) => {
    const ms = goDuration(setting);
    if (ms === undefined)
      draft.say('open', `${textOf(setting)} is no duration: set ${key} by hand`, setting.where);
    else draft.set(key, spellDuration(Math.min(most, Math.max(least, ms))));
  };
}

const SSL = ['enabled', 'verify', 'cert', 'key', 'ca_cert', 'ca_cert_bytes', 'ca_path', 'server_name'];

/** To consul-template, any option of TLS but `verify = false` asks for TLS. */
function asksForTls({ settings }: Given): boolean {
  const enabled = settings.get('consul.ssl.enabled');
  if (enabled !== undefined) return isTrue(enabled);
  return SSL.some((name) => {
    const setting = settings.get(`consul.ssl.${name}`);
    return setting !== undefined && textOf(setting) !== '' && textOf(setting) !== 'false';
  });
}

/** With its scheme. */
function addressOf(setting: Setting, given: Given): string {
  const text = textOf(setting).replace(/\/+$/, '');
  return /^(https?|unix):\/\//.test(text) ? text : `${asksForTls(given) ? 'https' : 'http'}://${text}`;
}

/** How Consul is reached. */
export const consulKeys: readonly KeyRow[] = [
  {
    keys: ['consul.address', 'consul'],
    flags: ['-consul-addr'],
    becomes: 'key',
    upsync: '`consul.address`, with its scheme: `http://127.0.0.1:8500`',
    move: (setting, draft, given) => draft.set('consul.address', addressOf(setting, given)),
  },
  {
    keys: ['consul.token'],
    flags: ['-consul-token'],
    becomes: 'key',
    upsync:
      '`consul.token_file`, or `CONSUL_HTTP_TOKEN`: a token stands on no command line and in no configuration. `migrate` puts it into a file of its own, for its owner alone (and upsync does not read `CONSUL_TOKEN`)',
    move: (setting, draft, { settings }) => {
      if (textOf(setting) === '' || settings.has('consul.token_file')) return;
      draft.write('consul-token', `${textOf(setting)}\n`, true);
      draft.set('consul.token_file', 'consul-token');
      draft.say('done', 'consul-token: the token, which its owner alone may read', setting.where);
    },
  },
  {
    keys: ['consul.token_file'],
    flags: ['-consul-token-file'],
    becomes: 'key',
    upsync: '`consul.token_file`, read anew with every SIGHUP',
    move: same('consul.token_file'),
  },
  {
    keys: ['consul.namespace'],
    flags: [],
    becomes: 'key',
    upsync: '`namespace` of each upstream, and of a query in a template: `it.service(name, { namespace })`',
    move: (setting, draft) => {
      if (textOf(setting) === '') return;
      draft.say('open', `give each upstream and query namespace: ${textOf(setting)}`, setting.where);
    },
  },
  {
    keys: ['consul.auth.enabled', 'consul.auth.username', 'consul.auth.password'],
    flags: ['-consul-auth'],
    becomes: 'outside',
    upsync:
      "HTTP basic authentication is a proxy's before Consul; Consul's own agent knows tokens and client certificates alone",
  },
  {
    keys: ['consul.ssl.enabled'],
    flags: ['-consul-ssl'],
    becomes: 'key',
    upsync: '`https://` in `consul.address`',
    move: (_, draft, given) => {
      if (asksForTls(given) && !given.settings.has('consul.address'))
        draft.set('consul.address', 'https://127.0.0.1:8500');
    },
  },
  {
    keys: ['consul.ssl.verify'],
    flags: ['-consul-ssl-verify'],
    becomes: 'key',
    upsync: '`consul.tls.verify`',
    move: (setting, draft) => draft.set('consul.tls.verify', isTrue(setting)),
  },
  {
    keys: ['consul.ssl.ca_cert'],
    flags: ['-consul-ssl-ca-cert'],
    becomes: 'key',
    upsync: '`consul.tls.ca_file`',
    move: same('consul.tls.ca_file'),
  },
  {
    keys: ['consul.ssl.ca_path', 'consul.ssl.ca_cert_bytes'],
    flags: ['-consul-ssl-ca-path'],
    becomes: 'key',
    upsync: '`consul.tls.ca_file`: one file, with all certificates in it',
    move: (setting, draft) =>
      draft.say(
        'open',
        'put the certificates into one file, and name it as consul.tls.ca_file',
        setting.where,
      ),
  },
  {
    keys: ['consul.ssl.cert'],
    flags: ['-consul-ssl-cert'],
    becomes: 'key',
    upsync: '`consul.tls.cert_file`; name the file as `consul.tls.key_file` too where it holds both',
    move: (setting, draft, { settings }) => {
      draft.set('consul.tls.cert_file', textOf(setting));
      if (!settings.has('consul.ssl.key')) draft.set('consul.tls.key_file', textOf(setting));
    },
  },
  {
    keys: ['consul.ssl.key'],
    flags: ['-consul-ssl-key'],
    becomes: 'key',
    upsync: '`consul.tls.key_file`',
    move: same('consul.tls.key_file'),
  },
  {
    keys: ['consul.ssl.server_name'],
    flags: ['-consul-ssl-server-name'],
    becomes: 'key',
    upsync: '`consul.tls.server_name`',
    move: same('consul.tls.server_name'),
  },
  {
    keys: [
      'consul.retry.enabled',
      'consul.retry.attempts',
      'consul.retry.backoff',
      'consul.retry.max_backoff',
    ],
    flags: [
      '-consul-retry',
      '-consul-retry-attempts',
      '-consul-retry-backoff',
      '-consul-retry-max-backoff',
      '-retry',
    ],
    becomes: 'unneeded',
    upsync:
      'upsync asks again for as long as it takes, after waits that grow to a cap, and nginx keeps its servers meanwhile',
  },
  {
    keys: [
      'consul.transport.dial_keep_alive',
      'consul.transport.dial_timeout',
      'consul.transport.disable_keep_alives',
      'consul.transport.idle_conn_timeout',
      'consul.transport.max_idle_conns',
      'consul.transport.max_idle_conns_per_host',
      'consul.transport.max_conns_per_host',
      'consul.transport.tls_handshake_timeout',
    ],
    flags: [
      '-consul-transport-dial-keep-alive',
      '-consul-transport-dial-timeout',
      '-consul-transport-disable-keep-alives',
      '-consul-transport-max-idle-conns-per-host',
      '-consul-transport-tls-handshake-timeout',
    ],
    becomes: 'unneeded',
    upsync: 'every request has a deadline (`consul.timeout`), and `consul.max_connections` bounds them all',
  },
  {
    keys: ['max_stale'],
    flags: ['-max-stale'],
    becomes: 'key',
    upsync: '`consul.max_stale`; `consul.stale: false` for the leader alone (`0s`)',
    move: (setting, draft, given) => {
      if (goDuration(setting) === 0) draft.set('consul.stale', false);
      else time('consul.max_stale', 1_000)(setting, draft, given);
    },
  },
  {
    keys: ['block_query_wait'],
    flags: [],
    becomes: 'key',
    upsync: '`consul.block`, from 1 s to 10 m',
    move: time('consul.block', 1_000, 600_000),
  },
];
