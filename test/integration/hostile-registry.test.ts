import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokenize } from '../../src/syntax/tokenize.ts';
import { type Consul, startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { attacks } from '../support/attacks.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, rendered, tally } from '../support/gateway.ts';
import { givenServers } from '../support/given-servers.ts';
import { runUpsync, startUpsync, writeConfig } from '../support/upsync.ts';

const fields = ['address', 'node', 'id', 'tag', 'exposed', 'note'] as const;
type Field = (typeof fields)[number];

/** Registers an instance of `service` in the catalog that has an attack in one field. False where Consul itself refuses it. */
async function register(consul: Consul, service: string, field: Field, text: string, number: number) {
  const of = (name: Field, plain: string) => (name === field ? text : plain);
  const entry = {
    Node: of('node', `node-${number}`),
    Address: '10.9.0.1',
    SkipNodeUpdate: false,
    Service: {
      Service: service,
      ID: of('id', `id-${number}`),
      Address: of('address', `10.9.${Math.floor(number / 250)}.${1 + (number % 250)}`),
      Port: 80,
      Tags: [of('tag', 'v1')],
      Meta: { version: of('exposed', 'v1'), note: of('note', 'none') },
    },
  };
  return consul.request('PUT', '/v1/catalog/register', entry).then(
    () => true,
    () => false,
  );
}

/** Writes all that a template sees of a server, raw too. */
const curious = `<% for (const upstream of it.upstreams) { %>
upstream <%= upstream.name %> {
<%   for (const server of upstream.servers) { %>
    # <%= server.node %> <%~ server.key %> <%= server.tags.join(' ') %> <%~ server.meta.version ?? 'none' %>
    server <%= server.host %>:<%= server.port %>;
<%   } %>
}
<% } %>
`;

test('whatever is registered in Consul, nginx gets the good servers, and nobody writes its configuration', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web2'));
  const taken: { field: Field; number: number }[] = [];
  for (const [at, { text }] of attacks.entries()) {
    for (const [index, field] of fields.entries()) {
      const number = at * fields.length + index;
      if (await register(consul, 'web1', field, text, number)) taken.push({ field, number });
    }
  }
  // Consul refuses some itself: an id that is too long, say.
  expect(taken.length).toBeGreaterThan(0.9 * attacks.length * fields.length);
  const templates = join(nginx.folder, 'templates');
  await mkdir(templates);
  await writeFile(join(templates, 'curious.conf.eta'), curious);
  const config = await writeConfig(
    nginx,
    `templates: ${templates}\nexpose: {tags: [v1], meta: {version: word}}\nupstreams: {web1: , web2: }\n`,
  );

  await using upsync = startUpsync({ consul, nginx }, ...config);
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web2`, 2)).toEqual({ one: 2 });

  const directives = tokenize(await rendered(nginx, 'http/curious.conf'), 'curious.conf');
  expect(directives.map(({ name, args }) => [name, ...args.map(({ value }) => value)])).toEqual([
    ['upstream', 'web1'],
    ['upstream', 'web2'],
  ]);
  const servers = directives[0]?.block?.map(({ name, args }) => `${name} ${args.map(({ value }) => value)}`);
  const good = taken.filter(({ field }) => field !== 'address' && field !== 'exposed');
  const expected = good.map(
    ({ number }) => `server 10.9.${Math.floor(number / 250)}.${1 + (number % 250)}:80`,
  );
  const words = attacks.flatMap(({ text }, at) =>
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text) ? [at * fields.length + fields.indexOf('exposed')] : [],
  );
  const fitting = words.map((number) => `server 10.9.${Math.floor(number / 250)}.${1 + (number % 250)}:80`);
  expect([...(servers ?? [])].sort()).toEqual([...expected, ...fitting].sort());

  // Each one that was left out is said once, in one line that commands no terminal, however often Consul answers anew.
  const notices = () => upsync.lines.filter((line) => line.kind === 'leftOut');
  expect(notices()).toHaveLength(taken.length - expected.length - fitting.length);
  for (const { msg } of notices()) expect(msg).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const before = notices().length;
  await using two = await startBackend('two');
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(notices()).toHaveLength(before);
});

test('spellings of IPv6 addresses are told nginx in one that it takes', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const spellings = ['::FFFF:10.1.2.3', '2001:db8:0:0:1::1', '::0:0:2', '1:2:3:4:5:6:7.8.9.10', 'fd00::'];
  for (const [number, address] of spellings.entries()) {
    await consul.register({ id: `web1-${number}`, name: 'web1', port: 80, address });
  }
  const { code, stdout } = await runUpsync({ consul, nginx }, '--once', '--service', 'web1');
  expect(code, stdout).toBe(0);
  expect(stdout.match(/^\+(?: {4}server )?\[.*$/gm)).toHaveLength(spellings.length);
});

test('an instance on a loopback address of another host is taken with a warning', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  const service = { Service: 'web1', ID: 'w', Address: '127.0.0.1', Port: one.port };
  await consul.request('PUT', '/v1/catalog/register', {
    Node: 'far',
    Address: '198.51.100.7',
    Service: service,
  });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    kind: 'doubtful',
    msg: expect.stringContaining('dc1/far/w is taken, but "127.0.0.1" leads to the gateway\'s own host'),
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a host name is left out, and with --allow-hostnames taken by the addresses that it resolves to', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register({ id: 'named', name: 'web1', port: two.port, address: 'localhost' });
  await consul.register({ id: 'nobody', name: 'web1', port: 80, address: 'no-such-host.invalid' });
  const dry = await runUpsync({ consul, nginx }, '--once', '--service', 'web1');
  expect(dry.stdout).toContain('"localhost" is a host name, and addresses.hostnames is off');
  expect(dry.stdout).not.toContain(`:${two.port};`);

  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--allow-hostnames', 'true');
  expect(await upsync.next('notice', ({ instance }) => String(instance).endsWith('/nobody'))).toMatchObject({
    msg: expect.stringContaining('"no-such-host.invalid" does not resolve'),
  });
  await upsync.next('published');
  expect(await givenServers(nginx)).toContain(`127.0.0.1:${two.port}`);
  expect(Object.keys(await tally(`${nginx.url}/web1`, 12)).sort()).toEqual(['one', 'two']);
});
