import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { binary, type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { answer, entry, headers, startConsulDouble } from '../support/consul-double.ts';
import { Evidence } from '../support/evidence.ts';
import { ask, gateway, tally } from '../support/gateway.ts';
import { controlSocket, send } from '../support/status.ts';
import { flagsOf, launch, runLine, runUpsync, startUpsync, type Upsync } from '../support/upsync.ts';

const rights = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
const impatient = ['--start-timeout', '300ms'];
/** For a Consul that does not check it. */
const token = '5ca1ab1e-71d3-4e0f-9b8a-0ddba11c0de5';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ acl: true });
});
afterAll(() => consul[Symbol.asyncDispose]());

interface Granted {
  readonly token: string;
  revoke(): Promise<void>;
}

async function grant(): Promise<Granted> {
  const policy = { Name: `reader-${randomUUID()}`, Rules: rights };
  const { ID } = z.object({ ID: z.string() }).parse(await consul.request('PUT', '/v1/acl/policy', policy));
  const made = await consul.request('PUT', '/v1/acl/token', { Policies: [{ ID }] });
  const { SecretID, AccessorID } = z.object({ SecretID: z.string(), AccessorID: z.string() }).parse(made);
  return {
    token: SecretID,
    revoke: async () => {
      await consul.request('DELETE', `/v1/acl/token/${AccessorID}`);
    },
  };
}

/** All of a process's output, whatever its form. */
function said(upsync: Upsync): string {
  return `${upsync.text()}${upsync.lines.map((line) => JSON.stringify(line)).join('\n')}`;
}

/** An nginx that writes down with what arguments and environment it is run. */
async function talkative(nginx: NginxBed): Promise<readonly string[]> {
  const path = join(nginx.folder, 'talkative-nginx');
  await writeFile(
    path,
    `#!/bin/sh\n{ echo "nginx $*"; env; } >> ${nginx.folder}/runs-of-nginx\nexec nginx "$@"\n`,
  );
  await chmod(path, 0o755);
  return ['--nginx-bin', path];
}

test.each([
  ['CONSUL_HTTP_TOKEN', 'json'],
  ['CONSUL_HTTP_TOKEN_FILE', 'pretty'],
  ['--consul-token-file', 'json'],
])('a run whose token comes by %s, log %s, writes it nowhere', async (way, format) => {
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using _ = { [Symbol.asyncDispose]: () => consul.deregister('web1-two') };
  await consul.register(one.as('web1'));
  const granted = await grant();
  // What it was given is no trace of what it wrote.
  const given = await mkdtemp(join(tmpdir(), 'upsync-token-'));
  await using _given = { [Symbol.asyncDispose]: () => rm(given, { recursive: true }) };
  const elsewhere = join(given, 'token');
  await writeFile(elsewhere, `${granted.token}\n`);
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  const variables: Record<string, string> = { TMPDIR: temporary };
  if (way.startsWith('CONSUL')) variables[way] = way.endsWith('FILE') ? elsewhere : granted.token;
  const flags = [
    ...(way.startsWith('--') ? [way, elsewhere] : []),
    ...['--service', 'web1', '--consul-block', '1s', '--log-level', 'trace', '--log-format', format],
    ...(await talkative(nginx)),
  ];
  const place = { consul, nginx, env: variables };
  const evidence = new Evidence();
  const once = async (...more: string[]) => {
    const { stdout, stderr } = await runUpsync(place, ...flags, '--once', ...more);
    evidence.add(`--once ${more.join(' ')}`, stdout);
    evidence.add(`the errors of --once ${more.join(' ')}`, stderr);
  };

  await once('--json');
  await using upsync = launch('src/main.ts', [...flagsOf(place), ...flags], variables);
  await until('nginx serves one', async () => (await ask(`${nginx.url}/web1`)).body === 'one');
  evidence.add('the command line', await readFile(`/proc/${upsync.pid}/cmdline`, 'utf8'));
  await consul.register(two.as('web1'));
  await until('nginx serves two', async () => 'two' in (await tally(`${nginx.url}/web1`, 2)));
  await once();

  await granted.revoke();
  await until('Consul denies the token', async () => said(upsync).includes('denied the token'));
  for (const path of ['/', '/status', '/metrics', '/readyz']) {
    evidence.add(path, (await send('http://localhost', controlSocket(nginx, path))).body);
  }
  for (const form of [[], ['--json']]) {
    const { stdout, stderr } = await runUpsync(place, ...flags, 'status', ...form);
    evidence.add(`status ${form.join('')}`, stdout + stderr);
  }
  await once('--json', ...impatient);
  await once(...impatient);
  await writeFile(elsewhere, `${granted.token} ${granted.token}\n`);
  upsync.signal('SIGHUP');
  const answered = /the new configuration is not used: holds no token|reconfigured/;
  await until('the configuration was read anew', async () => answered.test(said(upsync)));
  upsync.signal('SIGTERM');
  await upsync.ended;

  evidence.add('the log', said(upsync));
  await evidence.addFolder(nginx.folder);
  // What is looked through is what was written: the log, both dry runs, the release, nginx's own runs.
  expect(evidence.placesOf('web1').length).toBeGreaterThan(6);
  expect(evidence.placesOf('denied the token')).toEqual(
    expect.arrayContaining(['the log', '/', '/status', 'status ', 'status --json']),
  );
  expect(evidence.placesOf('-T -q').some((where) => where.endsWith('runs-of-nginx'))).toBe(true);
  expect(evidence.leaksOf(granted.token)).toEqual([]);
});

const text = (status: number, body: string, more = {}) => {
  return (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'text/plain', ...more }).end(body);
};
const json = (body: string, more = {}) => {
  return (response: ServerResponse) => response.writeHead(200, headers(11, more)).end(body);
};
const keyed = {
  ...entry('a'),
  Service: { ID: 'a', Service: 'web1', Address: '', Port: 1, Meta: { [token]: 1 } },
};

test.each<[string, RegExp, (response: ServerResponse) => unknown]>([
  ['a 500', /Consul failed \(500: rpc error/, text(500, `rpc error, X-Consul-Token: ${token}`)],
  ['a 403', /denied the token \(403: /, text(403, `Permission denied for ${token}: token ${token}`)],
  ['a 400', /refused the request \(400: /, text(400, `${' '.repeat(140)}bad ${token}`)],
  ['a 429', /limits the rate/, text(429, token)],
  ['its status line', /Consul failed \(503\)/, (one) => one.writeHead(503, `no ${token}`).end()],
  ['an HTML page', /Consul failed \(502\)/, text(502, `<h1>${token}</h1>`, { 'content-type': 'text/html' })],
  ['a redirect', /a redirect to /, text(302, '', { location: `http://10.0.0.1/?token=${token}` })],
  ['its content type', /not JSON/, json('[]', { 'content-type': `text/${token}` })],
  ['its index', /no X-Consul-Index/, json('[]', { 'x-consul-index': token })],
  ['its last contact', /last heard from the leader/, json('[]', { 'x-consul-lastcontact': token })],
  ['broken JSON', /not valid JSON/, json(`{"token": ${token}`)],
  ['a key where Consul has none', /not built as Consul's/, json(JSON.stringify([keyed]))],
  [
    'a broken body',
    /broke off|closed/,
    (one) => one.writeHead(200, headers(11)).write(token, () => one.destroy()),
  ],
])('a Consul that gives the token back in %s does not get it into the log', async (_, words, fault) => {
  const waiting: ServerResponse[] = [];
  let held: unknown;
  await using double = await startConsulDouble((asked, response, _seen, request) => {
    held = request.headers['x-consul-token'];
    if (asked.searchParams.has('index')) waiting.push(response);
    else answer(response, 10, [entry('a')]);
  });
  await using nginx = await layNginx(gateway());
  const place = { consul: double, nginx, env: { CONSUL_HTTP_TOKEN: token, TMPDIR: nginx.folder } };
  await using upsync = startUpsync(place, '--service', 'web1');
  await upsync.next('published');
  // It does hold the secret that is looked for.
  expect(held).toBe(token);
  double.play((_asked, response) => fault(response));
  for (const response of waiting) fault(response);
  expect((await upsync.next('queryFailed', ({ what }) => words.test(String(what)))).level).toBe('warn');
  const { stdout, stderr } = await runUpsync(place, '--service', 'web1', '--once', '--json', ...impatient);
  expect(stderr).toMatch(words);

  const evidence = new Evidence();
  evidence.add('the log', said(upsync));
  evidence.add('--once --json', stdout);
  evidence.add('the errors of --once --json', stderr);
  await evidence.addFolder(nginx.folder);
  expect(evidence.leaksOf(token)).toEqual([]);
});

test('a TLS failure does not get the token into the log', async () => {
  await using nginx = await layNginx(gateway());
  const run = promisify(execFile);
  for (const what of [
    ['ca', 'create'],
    ['cert', 'create', '-server'],
  ])
    await run(binary(), ['tls', ...what], { cwd: nginx.folder });
  const pem = (name: string) => readFile(join(nginx.folder, name));
  const keys = {
    cert: await pem('dc1-server-consul-0.pem'),
    key: await pem('dc1-server-consul-0-key.pem'),
  };
  const server = createServer(keys, (_, response) => response.end('[]'));
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : 0;
  const env = { CONSUL_HTTP_TOKEN: token, TMPDIR: nginx.folder };
  const evidence = new Evidence();
  for (const [words, url, ...flags] of [
    ['unable to verify', `https://127.0.0.1:${port}`],
    [
      "does not match certificate's altnames",
      `https://127.0.0.1:${port}`,
      '--consul-tls-ca-file',
      join(nginx.folder, 'consul-agent-ca.pem'),
      '--consul-tls-server-name',
      'elsewhere',
    ],
    ['TLS failed', consul.url.replace('http:', 'https:')],
    ['no such file', `https://127.0.0.1:${port}`, '--consul-tls-ca-file', 'missing.pem'],
  ]) {
    const more = ['--service', 'web1', '--once', ...impatient, '--log-level', 'trace', ...flags];
    const { stdout, stderr } = await runUpsync({ consul: { url: url ?? '' }, nginx, env }, ...more);
    expect(stderr).toMatch(words ?? '');
    evidence.add(words ?? '', stdout + stderr);
  }
  expect(evidence.leaksOf(token)).toEqual([]);
});

test.each<[where: string, given: { flags?: string[]; env?: Record<string, string>; yaml?: string }]>([
  ['--token=…', { flags: [`--token=${token}`] }],
  ['--token …', { flags: ['--token', token] }],
  ['--consul-token …', { flags: ['--consul-token', token] }],
  ['-t… in one word', { flags: [`-t${token}`] }],
  ['--token… in one word', { flags: [`--token${token}`] }],
  ['a word of its own', { flags: [token] }],
  ['a word after schema', { flags: ['schema', token] }],
  ['a word after help', { flags: ['help', token] }],
  ['the value of a flag that has none', { flags: [`--once=${token}`] }],
  ['the value of a setting', { flags: ['--consul-block', token, '--on-empty', token, '--wait', token] }],
  ['the path of its file', { flags: ['--consul-token-file', token] }],
  ['http://user:…@host', { flags: ['--consul', `http://user:${token}@127.0.0.1:8500`] }],
  ['http://…@host', { flags: ['--consul', `http://${token}@127.0.0.1:8500`] }],
  ['http://host/?token=…', { flags: ['--consul', `http://127.0.0.1:8500/?token=${token}`] }],
  ['CONSUL_HTTP_ADDR', { env: { CONSUL_HTTP_ADDR: `user:${token}@127.0.0.1:8500` } }],
  ['UPSYNC_CONSUL', { env: { UPSYNC_CONSUL: `https://user:${token}@127.0.0.1:8500` } }],
  ['CONSUL_HTTP_TOKEN_FILE', { env: { CONSUL_HTTP_TOKEN_FILE: token } }],
  ['UPSYNC_CONSUL_TOKEN', { env: { UPSYNC_CONSUL: 'http://127.0.0.1:9', UPSYNC_CONSUL_TOKEN: token } }],
  ['CONSUL_HTTP_TOKEN with a space', { env: { CONSUL_HTTP_TOKEN: `Bearer ${token}` } }],
  ['token: at the top of the file', { yaml: `token: ${token}\nupstreams: {web1: }` }],
  ['consul.token in the file', { yaml: `consul: {token: ${token}}\nupstreams: {web1: }` }],
  ['consul.acl.token in the file', { yaml: `consul: {acl: {token: ${token}}}\nupstreams: {web1: }` }],
  ['consul: …', { yaml: `consul: ${token}\nupstreams: {web1: }` }],
  ['the address in the file', { yaml: `consul: {address: "http://u:${token}@a"}\nupstreams: {web1: }` }],
  ['the name of a key', { yaml: `consul: {${token}: x}\nupstreams: {web1: }` }],
  ['broken YAML', { yaml: `consul:\n  token: "${token}\nupstreams: {web1: }` }],
  ['a key twice', { yaml: `consul: {datacenter: ${token}, datacenter: ${token}}` }],
  ['YAML with a tag', { yaml: `consul: !${token} x` }],
  ['YAML with an alias', { yaml: `consul: *${token}` }],
])('a token in a wrong place is not repeated: %s', async (_, { flags = [], env = {}, yaml }) => {
  await using nginx = await layNginx(gateway());
  if (yaml !== undefined) await writeFile(join(nginx.folder, 'upsync.yaml'), yaml);
  const line = yaml === undefined ? ['--service', 'web1', ...flags] : ['--config', 'upsync.yaml'];
  const run = await runLine(
    [...line, '--once', ...impatient],
    // With the stack, if there is one.
    { ...env, UPSYNC_LOG_LEVEL: 'trace' },
    nginx.folder,
  );
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/(^|\n)upsync: ./) });
  const evidence = new Evidence();
  evidence.add('the errors', run.stderr);
  expect(evidence.leaksOf(token), run.stderr).toEqual([]);
});

test('a crash prints where it was, and not the request that hangs on the error', async () => {
  await using nginx = await layNginx(gateway());
  const preload = join(nginx.folder, 'preload.mjs');
  await writeFile(
    preload,
    `import http from 'node:http';
    const { request } = http;
    http.request = (...options) => {
      const made = request(...options);
      if (made.getHeader('x-consul-token')) setImmediate(() => {
        throw Object.assign(new Error('a fault that nobody foresaw'), { options, request: made });
      });
      return made;
    };`,
  );
  const env = {
    CONSUL_HTTP_TOKEN: token,
    UPSYNC_LOG_LEVEL: 'debug',
    NODE_OPTIONS: `--import=${pathToFileURL(preload)}`,
  };
  await using upsync = launch('src/main.ts', [...flagsOf({ consul, nginx }), '--service', 'web1'], env);
  expect(await upsync.ended).toEqual({ code: 1, signal: null });
  expect(upsync.text()).toMatch(/^upsync: a fault that nobody foresaw\nError: .*\n {4}at .*preload\.mjs/m);
  const evidence = new Evidence();
  evidence.add('the log', said(upsync));
  expect(evidence.leaksOf(token)).toEqual([]);
});
