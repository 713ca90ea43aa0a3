import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokenize } from '../../src/syntax/tokenize.ts';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { attacks } from '../support/attacks.ts';
import { rendered } from '../support/gateway.ts';
import { startTcp, streamGateway, tallyTcp } from '../support/stream.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

/** Writes all that a template of stream sees of a server, raw too. */
const curious = `<% for (const upstream of it.upstreams) { %>
<%   for (const server of upstream.servers) { %>
# <%= server.node %> <%~ server.key %> <%= server.tags.join(' ') %> <%~ server.meta.version ?? 'none' %>
<%   } %>
<% } %>
`;

test('whatever is registered for an upstream of tcp, nginx gets the good servers, and nobody writes its configuration', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startTcp('one');
  await consul.register(one.as('cache'));
  let bad = 0;
  for (const [number, { text }] of attacks.entries()) {
    for (const field of ['address', 'node', 'id', 'exposed'] as const) {
      const of = (name: typeof field, plain: string) => (name === field ? text : plain);
      const at = 4 * number + ['address', 'node', 'id', 'exposed'].indexOf(field);
      const taken = await consul
        .request('PUT', '/v1/catalog/register', {
          Node: of('node', `node-${at}`),
          Address: '10.9.0.1',
          SkipNodeUpdate: false,
          Service: {
            Service: 'db',
            ID: of('id', `id-${at}`),
            Address: of('address', `10.9.0.${at + 1}`),
            Port: 3306,
            Meta: { version: of('exposed', 'v1') },
          },
        })
        .then(
          () => true,
          () => false,
        );
      if (taken && field === 'address') bad += 1;
    }
  }
  expect(bad).toBeGreaterThan(0.9 * attacks.length);
  const templates = join(nginx.folder, 'templates');
  await cp(join(import.meta.dirname, '../../templates'), templates, { recursive: true });
  await writeFile(join(templates, 'stream/curious.conf.eta'), curious);
  const [, port = 0] = nginx.ports;
  const config = await writeConfig(
    nginx,
    `templates: ${templates}
expose: {meta: {version: word}}
upstreams: {db: {protocol: tcp}, cache: {protocol: tcp, listen: ${nginx.host}:${port}}}
`,
  );
  await using upsync = startUpsync({ consul, nginx }, ...config);
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tallyTcp(nginx.host, port, 2)).toEqual({ 'one hello': 2 });

  expect(tokenize(await rendered(nginx, 'stream/curious.conf'), 'curious.conf')).toEqual([]);
  const directives = tokenize(await rendered(nginx, 'stream/upstreams.conf'), 'upstreams.conf');
  expect(directives.map(({ name, args }) => [name, ...args.map(({ value }) => value)])).toEqual([
    ['upstream', 'cache'],
    ['server'],
    ['upstream', 'db'],
  ]);
  const block = directives.at(-1)?.block ?? [];
  const servers = block
    .filter(({ name }) => name === 'server')
    .map(({ args }) => args.map(({ value }) => value));
  expect(block.map(({ name }) => name)).toEqual(['zone', ...servers.map(() => 'server')]);
  expect(servers.length).toBeGreaterThan(2 * attacks.length);
  for (const words of servers) expect(words).toEqual([expect.stringMatching(/^10\.9\.0\.\d+:3306$/)]);
});
