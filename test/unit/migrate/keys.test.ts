import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jsonSchema } from '../../../src/config/schema.ts';
import { createDraft } from '../../../src/migrate/draft.ts';
import { readGiven } from '../../../src/migrate/given.ts';
import { keyRows, moveSettings, rowOf } from '../../../src/migrate/keys.ts';
import { functionNamed, functions } from '../../../src/migrate/template/functions.ts';
import { page, withTables } from '../../support/consul-template-page.ts';
import { flags, functionNames, keys } from './consul-template.ts';

function moved(...texts: readonly string[]) {
  const draft = createDraft();
  moveSettings(readGiven(texts.map((text, index) => ({ file: `${index}.hcl`, text }))), draft);
  return draft;
}

test('every key, flag and function of consul-template is in the tables, and no other', () => {
  const known = keyRows.flatMap((row) => row.flags);
  const missing = flags.filter((flag) => !known.includes(flag) && !flag.startsWith('-vault-'));
  expect(missing).toEqual([]);
  expect(known.filter((flag) => !flags.includes(flag) && flag !== '-vault-*')).toEqual([]);
  expect(keys.filter((key) => rowOf(key) === undefined)).toEqual([]);
  const tabled = keyRows
    .flatMap((row) => row.keys)
    .filter((key) => !key.endsWith('*') && key !== 'consul' && key !== 'exec');
  expect(tabled.filter((key) => !keys.includes(key))).toEqual([]);
  expect(new Set(tabled).size).toBe(tabled.length);

  expect(functionNames.filter((name) => functionNamed(name) === undefined)).toEqual([]);
  // Go's own are in no list of consul-template's.
  const go =
    'and or not eq ne lt le gt ge len index slice print println printf html js urlquery call sprig_…'.split(
      ' ',
    );
  const named = functions.flatMap((row) => row.names);
  expect(named.filter((name) => !functionNames.includes(name) && !go.includes(name))).toEqual([]);
  expect(new Set(named).size).toBe(named.length);
});

test('the page says what the tables say', async () => {
  const text = await readFile(page, 'utf8');
  expect(text.length).toBeGreaterThan(10_000);
  expect(withTables(text)).toBe(text);
});

test('what a row writes is a key of the schema', () => {
  const draft = moved(`
    consul {
      address = "c:8500" token_file = "t"
      ssl { verify = false ca_cert = "a" cert = "b" key = "k" server_name = "s" }
    }
    max_stale = "10m" block_query_wait = "60s" wait = "1s:5s" log_level = "debug"
    exec { splay = "2s" }
  `);
  expect(draft.root).toMatchObject({
    consul: {
      address: 'https://c:8500',
      token_file: 't',
      tls: { verify: false, ca_file: 'a', cert_file: 'b', key_file: 'k', server_name: 's' },
      max_stale: '10m',
      block: '1m',
    },
    wait: { min: '1s', max: '5s' },
    log: { level: 'debug' },
    splay: '2s',
  });
  const schema = JSON.stringify(jsonSchema());
  const names = (tree: object): string[] =>
    Object.entries(tree).flatMap(([key, value]) => [key, ...(typeof value === 'object' ? names(value) : [])]);
  expect(names(draft.root).filter((name) => !schema.includes(`"${name}":`))).toEqual([]);
});

test.each<[string, string, object]>([
  ['an address gets its scheme', 'consul { address = "a:1/" }', { consul: { address: 'http://a:1' } }],
  ['an old one is a text', 'consul = "a:1"', { consul: { address: 'http://a:1' } }],
  ['a socket stays one', 'consul { address = "unix:///a" }', { consul: { address: 'unix:///a' } }],
  [
    'TLS without an address is of the local agent',
    'consul { ssl { enabled = true } }',
    { consul: { address: 'https://127.0.0.1:8500' } },
  ],
  [
    'TLS that is off is none',
    'consul { address = "a:1" ssl { enabled = false ca_cert = "c" } }',
    { consul: { address: 'http://a:1', tls: { ca_file: 'c' } } },
  ],
  [
    'one certificate file holds its key too',
    'consul { ssl { cert = "c" } }',
    { consul: { tls: { cert_file: 'c', key_file: 'c' } } },
  ],
  ['no staleness asks the leader', 'max_stale = "0s"', { consul: { stale: false } }],
  [
    'times keep to what upsync takes',
    'block_query_wait = "1h" max_stale = "10ms"',
    { consul: { block: '10m', max_stale: '1s' } },
  ],
  ['a wait without its cap has four times the quiet', 'wait = "1m30s"', { wait: { min: '90s', max: '6m' } }],
  ['and as a block', 'wait { min = "2s" max = "10s" }', { wait: { min: '2s', max: '10s' } }],
])('%s', (_, text, expected) => {
  expect(moved(text).root).toMatchObject(expected);
});

test('nginx that is run is run on, and another program is not', () => {
  expect(
    moved('exec { command = "nginx -c /n.conf -g \'daemon off;\'" kill_timeout = "90s" }\npid_file = "/p"')
      .root,
  ).toEqual({
    exec: "nginx -c /n.conf -g 'daemon off;'",
    nginx: { conf: '/n.conf' },
    stop_timeout: '90s',
    pid_file: '/p',
  });
  expect(moved('exec { command = ["nginx", "-g", "daemon off;"] }').root).toEqual({
    exec: ['nginx', '-g', 'daemon off;'],
  });
  for (const command of ['/usr/bin/my-server', 'sleep 1 && nginx']) {
    const { root, said } = moved(`exec { command = "${command}" }`);
    expect({ root, said }).toMatchObject({ root: {}, said: [{ kind: 'open', where: '0.hcl:1' }] });
  }
});

test('of a key in several files the last counts', () => {
  const draft = moved('consul { address = "a:1" }\nmax_stale = "1s"', '{"consul": [{"address": "b:1"}]}');
  expect(draft.root).toEqual({ consul: { address: 'http://b:1', max_stale: '1s' } });
});

test('a token goes into a file that its owner alone may read, and nowhere else', () => {
  const draft = moved('consul { token = "very-secret" }');
  expect(draft.root).toEqual({ consul: { token_file: 'consul-token' } });
  expect(draft.files).toEqual([{ path: 'consul-token', text: 'very-secret\n', isSecret: true }]);
  expect(JSON.stringify(draft.said)).not.toContain('very-secret');
});

test('what is not needed, out of scope or unknown is said, once for what belongs together', () => {
  const { root, said } = moved(
    'syslog { enabled = true facility = "LOCAL5" }\nvault { address = "a" token = "b" }\nfoo = 1\nmax_stale = "x"',
  );
  expect(root).toEqual({});
  expect(said).toMatchObject([
    { kind: 'open', text: 'x is no duration: set consul.max_stale by hand', where: '0.hcl:4' },
    { kind: 'left', text: expect.stringMatching(/^syslog\.enabled, syslog\.facility: /), where: '0.hcl:1' },
    { kind: 'open', text: expect.stringMatching(/^vault\.address, vault\.token, out of scope: /) },
    {
      kind: 'open',
      text: expect.stringMatching(/^foo: consul-template 0\.42 does not know it/),
      where: '0.hcl:3',
    },
  ]);
});
