import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { pidFile, readBuild } from '../../src/nginx/build.ts';
import { type TestOptions, testCandidate } from '../../src/nginx/test.ts';
import { type Layout, layNginx, type Place } from '../bed/nginx.ts';
import { candidateFiles, candidateFolder } from '../bed/nginx-candidate.ts';

const never = new AbortController().signal;
const GOOD = 'upstream web1 { server 127.0.0.1:8080; }\n';

/** An nginx.conf whose http block holds `inside`, with other files beside it. */
function conf(inside: string, files: Layout = {}) {
  return ({ main, http }: Place): Layout => ({
    'nginx.conf': `${main}\nevents {}\nhttp {\n${http}\n${inside}\n}\n`,
    ...files,
  });
}

async function judge(
  layout: (place: Place) => Layout,
  {
    upstreams = GOOD,
    streams,
    ...options
  }: Partial<TestOptions> & { upstreams?: string; streams?: string } = {},
) {
  await using bed = await layNginx({
    layout: (place) => ({ ...candidateFiles(place, upstreams, streams), ...layout(place) }),
  });
  const verdict = await testCandidate(
    { binary: 'nginx', conf: bed.conf, output: join(bed.folder, 'upsync'), ...options },
    { folder: candidateFolder(bed) },
    never,
  );
  // Paths differ from run to run.
  return JSON.parse(JSON.stringify(verdict).replaceAll(bed.folder, '/bed'));
}

const INCLUDED = 'include upsync/http/*.conf;';

describe('a refusal names', () => {
  test("the candidate's own file and line", async () => {
    const upstreams = 'upstream a {\n  server 127.0.0.1:1;\n  server 127.0.0.1:99999;\n}\n';
    expect(await judge(conf(INCLUDED), { upstreams })).toEqual({
      kind: 'refused',
      problems: [{ what: 'invalid port in upstream "127.0.0.1:99999"', where: 'http/upstreams.conf:3' }],
    });
  });

  test("the real path and line in the user's own file, on the line where it stands", async () => {
    const files = { 'sites-enabled/a': 'server {\n  # café\n  include ../none*;\n  bogus on;\n}\n' };
    expect(await judge(conf(`${INCLUDED} include sites-enabled/*;`, files))).toEqual({
      kind: 'refused',
      problems: [{ what: 'unknown directive "bogus"', where: '/bed/sites-enabled/a:4' }],
    });
  });

  test('the line of nginx.conf although directives were put before it', async () => {
    const verdict = await judge(() => ({ 'nginx.conf': `events {}\nhttp { ${INCLUDED}\n bogus; }` }));
    expect(verdict.problems).toEqual([{ what: 'unknown directive "bogus"', where: '/bed/nginx.conf:3' }]);
  });

  test('a certificate that is missing, by its real path', async () => {
    const site =
      'server { listen 127.0.0.1:1 ssl; ssl_certificate certs/a.pem; ssl_certificate_key certs/a.key; }';
    const { problems } = await judge(conf(`${INCLUDED} ${site}`));
    expect(problems).toHaveLength(1);
    expect(problems[0].what).toMatch(/^cannot load certificate "\/bed\/certs\/a\.pem"/);
  });

  test('an included file that is missing, and where it is included', async () => {
    expect(await judge(conf(`${INCLUDED}\ninclude\n  none.conf\n;`))).toEqual({
      kind: 'refused',
      problems: [
        {
          what: 'cannot read /bed/none.conf: no such file',
          where: '/bed/nginx.conf:16',
          remedy: 'restore it, or take it out of the configuration',
        },
      ],
    });
  });

  test('a dangling link that a pattern matches', async () => {
    const files = { 'sites/gone': { link: 'nowhere' } };
    const { problems } = await judge(conf(`${INCLUDED} include sites/*;`, files));
    expect(problems[0].what).toBe('cannot read /bed/sites/gone: no such file');
  });

  test('a file that includes itself', async () => {
    const { problems } = await judge(conf(`${INCLUDED} include a;`, { a: 'include b;', b: '\ninclude a;' }));
    expect(problems).toEqual([
      { what: 'a includes itself', where: '/bed/b:2', remedy: 'take one of the includes out' },
    ]);
  });

  test('a block that is not closed, as nginx does', async () => {
    const { problems } = await judge(conf(`${INCLUDED} include a;`, { a: 'server {\n' }));
    expect(problems).toEqual([{ what: 'unexpected end of file, expecting "}"', where: '/bed/a:2' }]);
  });

  test('the level at which the managed folder may not be included', async () => {
    const { problems } = await judge(conf(`server { ${INCLUDED} }`));
    expect(problems).toEqual([
      { what: '"upstream" directive is not allowed here', where: 'http/upstreams.conf:1' },
    ]);
  });
});

describe('a candidate that nginx would not read is refused', () => {
  test('where nginx.conf does not include the managed folder', async () => {
    expect(await judge(conf('include conf.d/*.conf;'))).toEqual({
      kind: 'refused',
      problems: [
        {
          what: "nginx.conf does not include the managed folder's http part",
          where: '/bed/nginx.conf',
          remedy: 'add `include /bed/upsync/http/*.conf;` inside its http block',
        },
      ],
    });
  });

  test('where it has streams and nginx.conf no place for them', async () => {
    const { problems } = await judge(conf(INCLUDED), { streams: 'upstream s { server 127.0.0.1:1; }' });
    expect(problems).toMatchObject([
      { what: "nginx.conf does not include the managed folder's stream part" },
    ]);
  });

  test('where one of its files is included by none', async () => {
    const layout = conf(INCLUDED, { 'upsync/releases/one/http/forgotten.conf': '' });
    const { problems } = await judge(layout);
    expect(problems).toMatchObject([{ where: 'http/forgotten.conf' }]);
  });
});

test('streams are tested where nginx.conf includes them', async () => {
  const layout = ({ main, http }: Place) => ({
    'nginx.conf': `load_module modules/ngx_stream_module.so;
${main}
events {}
stream { include upsync/stream/*.conf; }
http { ${http} ${INCLUDED} }`,
  });
  const streams = 'upstream s { server 127.0.0.1:1; }\n';
  expect(await judge(layout, { streams })).toEqual({ kind: 'accepted', warnings: [] });
  expect(await judge(layout, { streams: `${streams}bogus;` })).toEqual({
    kind: 'refused',
    problems: [{ what: 'unknown directive "bogus"', where: 'stream/streams.conf:2' }],
  });
});

test('warnings come with an accepted candidate, with real paths', async () => {
  const site = 'server { listen 127.0.0.1:1; server_name a; } server { listen 127.0.0.1:1; server_name a; }';
  expect(await judge(conf(`${INCLUDED} ${site}`))).toEqual({
    kind: 'accepted',
    warnings: ['conflicting server name "a" on 127.0.0.1:1, ignored'],
  });
});

test('errors are told where the configuration logs to stderr too', async () => {
  const layout = () => ({
    'nginx.conf': `error_log stderr debug; events {} http { ${INCLUDED} server { listen 127.0.0.1:1; listen 192.0.2.1:1; } }`,
  });
  const { problems } = await judge(layout);
  expect(problems).toEqual([{ what: 'bind() to 192.0.2.1:1 failed (99: Cannot assign requested address)' }]);
});

test('relative certificates are found, in the folder, among included files and outside', async () => {
  await using keys = await layNginx();
  const [cert, key] = [join(keys.folder, 'cert'), join(keys.folder, 'key')];
  const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await promisify(execFile)('openssl', [...request, '-subj', '/CN=a', '-keyout', key, '-out', cert]);
  const site = (from: string) =>
    `server { listen 127.0.0.1:1 ssl; ssl_certificate ${from}/cert; ssl_certificate_key ${from}/key; }`;
  const files = {
    certs: { link: keys.folder },
    'sites/cert': { link: cert },
    'sites/key': { link: key },
    'sites/a.conf': '',
  };
  const froms = ['certs', 'sites', `../${basename(keys.folder)}`];
  for (const from of froms) {
    const layout = conf(`${INCLUDED} include sites/*.conf; ${site(from)}`, files);
    expect(await judge(layout), from).toEqual({ kind: 'accepted', warnings: [] });
  }
});

test('what is redirected for the test is still checked', async () => {
  const log = await judge(conf(`${INCLUDED} access_log /var/log/$nosuch.log;`));
  expect(log.problems).toMatchObject([{ what: 'unknown "nosuch" variable' }]);
  const format = await judge(conf(`${INCLUDED} access_log /none/x.log nosuch;`));
  expect(format.problems).toMatchObject([{ what: 'unknown log format "nosuch"' }]);
  const twice = await judge(
    conf(`${INCLUDED} proxy_cache_path /none/a keys_zone=a:1m;
proxy_cache_path /none/a keys_zone=b:1m levels=1;`),
  );
  expect(twice.problems[0].what).toContain('"/none/a"');
});

describe('nginx that cannot be run', () => {
  test('is said to be missing', async () => {
    expect(await judge(conf(INCLUDED), { binary: '/none/nginx' })).toEqual({
      kind: 'refused',
      problems: [
        {
          what: 'there is no such program',
          where: '/none/nginx',
          remedy: 'install nginx here, or set --nginx-bin',
        },
      ],
    });
  });

  test.each([
    [
      'too old',
      '[ "$1" = -V ] || { echo \'nginx: invalid option: "e"\' >&2; exit 1; }',
      'too old to test with',
    ],
    ['killed', '[ "$1" = -V ] || kill -SEGV $$', 'nginx was ended by SIGSEGV'],
    ['silent', '[ "$1" = -V ] || exit 3', 'nginx failed and did not say why'],
    ['deaf to the configuration', 'exit 0', 'without reading this file'],
  ])('is said to be %s', async (_, script, what) => {
    await using bed = await layNginx();
    const binary = join(bed.folder, 'fake-nginx');
    await writeFile(binary, `#!/bin/sh\n${script}\n`);
    await chmod(binary, 0o755);
    const { problems } = await judge(conf(INCLUDED), { binary });
    expect(problems[0].what).toContain(what);
  });
});

test('nginx tells where it looks for its pid file', async () => {
  const build = await readBuild('nginx', never);
  expect(build.conf).toBe('/etc/nginx/nginx.conf');
  expect(pidFile(build, undefined)).toBe(build.pid);
  expect(pidFile(build, 'logs/x.pid', '/srv')).toBe('/srv/logs/x.pid');
  expect(pidFile(build, 'logs/x.pid')).toBe(join(build.prefix, 'logs/x.pid'));
  expect(pidFile(build, '/run/x.pid', '/srv')).toBe('/run/x.pid');
});
