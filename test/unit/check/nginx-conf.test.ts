import { describe, expect, test } from 'vitest';
import { checkConf } from '../../../src/check/nginx-conf.ts';
import { upstreamsIn } from '../../../src/check/nginx-hosts.ts';
import type { Crawl, Placed } from '../../../src/nginx/crawl.ts';
import { type Directive, tokenize } from '../../../src/syntax/tokenize.ts';

const conf = '/etc/nginx/nginx.conf';

/** What a crawl of this text gives. */
function crawled(text: string): Crawl {
  const source = { path: conf, shown: conf, text };
  const walk = (directives: readonly Directive[], context: readonly string[]): Placed[] =>
    directives.flatMap((directive) => [
      { source, directive, context },
      ...walk(directive.block ?? [], [...context, directive.name]),
    ]);
  return {
    conf,
    sources: [source],
    placed: walk(tokenize(text, conf), []),
    pid: undefined,
    managed: { http: '', stream: '' },
    locate: async (path: string) => path,
    included: { http: true, stream: false },
  };
}

function check(text: string, version = 'nginx/1.30.6', streams = false) {
  return checkConf({
    conf,
    output: '/etc/nginx/upsync',
    config: { value: crawled(text) },
    version,
    ours: ['web1'],
    streams,
    keepsAlive: true,
  });
}

/** What is amiss, by the first word that matters. */
const amiss = (text: string, version?: string) =>
  check(text, version)
    .filter(({ level }) => level !== 'ok')
    .map(({ what }) => what);

const tidy = 'worker_shutdown_timeout 30s; http { keepalive_min_timeout 2s; }';

test('a tidy one passes line by line', () => {
  expect(check(tidy).map(({ level, what }) => `${level} ${what}`)).toEqual([
    'ok /etc/nginx/nginx.conf (1 file) includes the managed folder in http',
    'ok old workers are gone after 30s (worker_shutdown_timeout)',
    'ok idle client connections outlive a reload by 2s (keepalive_min_timeout)',
  ]);
});

test('a place for streams is missed where there are some', () => {
  const missing = "nginx.conf does not include the managed folder's stream part";
  expect(check(tidy, undefined, true)).toContainEqual({
    level: 'fail',
    topic: 'conf',
    what: missing,
    where: conf,
    remedy:
      'add `stream { include /etc/nginx/upsync/stream/*.conf; }` outside of all blocks, for upstreams of tcp and udp',
  });
  expect(check(`${tidy} stream { }`, undefined, true)).toContainEqual(
    expect.objectContaining({
      what: missing,
      remedy: 'add `include /etc/nginx/upsync/stream/*.conf;` inside its stream block',
    }),
  );
});

test('one that cannot be read is all that is told of', () => {
  const problem = { what: 'unexpected "}"', where: `${conf}:1` };
  const facts = {
    conf,
    output: '',
    config: { problem },
    version: undefined,
    ours: [],
    streams: false,
    keepsAlive: true,
  };
  expect(checkConf(facts)).toEqual([{ level: 'fail', topic: 'conf', ...problem }]);
});

test('a timeout of 0 is none', () => {
  expect(amiss('worker_shutdown_timeout 0s; http { keepalive_min_timeout 0; }')).toEqual([
    expect.stringContaining('worker_shutdown_timeout is not set'),
    expect.stringContaining('keepalive_min_timeout is not set'),
  ]);
});

test('of a fork whose versions are its own nothing is said that its version would tell', () => {
  expect(amiss('worker_shutdown_timeout 30s;', 'Angie/1.8.1')).toEqual([]);
});

describe('connections to upstreams', () => {
  const pass = 'proxy_pass http://web1/;';
  test.each([
    ['nginx/1.28.0', pass, 1],
    ['nginx/1.28.0', `proxy_http_version 1.1; ${pass}`, 1],
    ['nginx/1.28.0', `proxy_http_version 1.1; proxy_set_header Connection ""; ${pass}`, 0],
    ['nginx/1.28.0', 'proxy_pass http://web1x/;', 0],
    ['nginx/1.29.7', pass, 0],
  ])('in %s, with `%s`: %d warnings', (version, text, warnings) => {
    const said = amiss(`${tidy} http { server { location / { ${text} } } }`, version);
    expect(said.filter((what) => what.includes('opened anew for every request'))).toHaveLength(warnings);
  });
});

describe('host names that nginx resolves as it reads them', () => {
  const resolved = (text: string) =>
    check(`${tidy}\nhttp { ${text} }`).filter(({ what }) => what.startsWith('nginx resolves'));

  test('are told of, with where the first one stands', () => {
    const text = 'server { proxy_pass http://app.internal:3000; }\nupstream b { server Db:1; server db; }';
    expect(resolved(text)).toMatchObject([
      {
        level: 'warn',
        what: expect.stringContaining('"app.internal" (and 1 more such names)'),
        where: `${conf}:2`,
      },
    ]);
  });

  test.each([
    'upstream app { server 10.0.0.1:80; } server { proxy_pass http://APP; }',
    'server { proxy_pass https://web1/path; }',
    'server { set $app app.internal; proxy_pass http://$app; }',
    'server { proxy_pass http://127.0.0.1:1; fastcgi_pass unix:/run/php.sock; }',
    'server { proxy_pass http://[::1]:1; grpc_pass grpc://localhost:1; }',
    'upstream app { zone a 64k; server app.internal resolve; }',
    'server { listen app:80; }',
  ])('are none in `%s`', (text) => {
    expect(resolved(text)).toEqual([]);
  });
});

test('the upstreams of rendered files are known, whatever else they hold', () => {
  const files = [
    { path: 'http/a.conf', contents: 'upstream one { server 10.0.0.1; }\nserver { }\nupstream two { }' },
    { path: 'http/b.conf', contents: 'upstream three {' },
  ];
  expect(upstreamsIn(files)).toEqual(['one', 'two']);
});
