import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Status } from '../../src/status/schema.ts';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { followEvents } from '../support/event-stream.ts';
import { gateway, tally } from '../support/gateway.ts';
import { listening, send, statusOf, statusUrl } from '../support/status.ts';
import { takenPort } from '../support/taken-port.ts';
import { outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

test('with Consul away at the start it lives, shows what nginx serves from the last good release, and is not ready', async () => {
  await using consul = await startConsul({ mode: 'server' });
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const place = { consul, nginx };
  {
    await using before = startUpsync(place, '--service', 'web1');
    await before.next('published');
  }
  await consul.kill();
  await using upsync = startUpsync(place, '--service', 'web1', '--start-timeout', '1s', ...listening);
  using stream = await followEvents(`${await statusUrl(upsync)}events`);
  const server = { address: `127.0.0.1:${one.port}` };
  const waiting = await stream.until((status) => status.waiting !== null && status.release !== null);
  expect(waiting).toMatchObject({ ready: false, upstreams: { web1: { up: 1, servers: [server] } } });
  const kept = await stream.until(({ upstreams }) => upstreams.web1?.why?.kind === 'missing');
  expect(kept.upstreams.web1).toMatchObject({ origin: 'kept', servers: [server] });
  await stream.until(({ consul }) => consul === 'failing');
  const at = await statusUrl(upsync);
  expect((await send(`${at}healthz`)).status).toBe(200);
  expect(await send(`${at}readyz`)).toMatchObject({
    status: 503,
    body: 'service:web1 has not been answered for since upsync started\n',
  });
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });

  await consul.start();
  await stream.until(({ ready, upstreams }) => ready && upstreams.web1?.origin === 'live');
});

test('a token that is deleted is told as the trouble, and never itself', async () => {
  await using consul = await startConsul({ acl: true });
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
  await consul.request('PUT', '/v1/acl/policy', { Name: 'reading', Rules: rules });
  const made = await consul.request('PUT', '/v1/acl/token', { Policies: [{ Name: 'reading' }] });
  const token = z.object({ SecretID: z.string(), AccessorID: z.string() }).parse(made);
  const place = { consul, nginx, env: { CONSUL_HTTP_TOKEN: token.SecretID } };
  // A blocking query notices only when it returns.
  await using upsync = startUpsync(place, '--service', 'web1', '--consul-block', '1s', ...listening);
  await upsync.next('published');
  const at = await statusUrl(upsync);
  using stream = await followEvents(`${at}events`);
  await stream.until(({ ready }) => ready);

  await consul.request('DELETE', `/v1/acl/token/${token.AccessorID}`);
  const status = await stream.until(({ consul }) => consul === 'failing');
  expect(status.queries['service:web1']?.failing?.problem).toMatchObject({
    what: 'Consul denied the token (403: ACL not found)',
    remedy: expect.stringContaining('check that the token still exists'),
  });
  expect(status.warnings).toEqual([expect.stringContaining('Consul denied the token')]);
  expect(status).toMatchObject({ ready: true, upstreams: { web1: { up: 1 } } });
  expect(status.settings['consul.token']).toBe('given');

  const paths = ['', 'status', 'metrics', 'healthz', 'readyz'];
  const told = await Promise.all(paths.map(async (path) => (await send(at + path)).body));
  const shown = await runUpsync(place, 'status', '--output', outputOf(nginx));
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('Consul denied the token') });
  const all = [...told, shown.stdout, shown.stderr, JSON.stringify(status), JSON.stringify(upsync.lines)];
  expect(all.join('\n')).not.toContain(token.SecretID);
});

test('what is rejected, and what nginx does not come to run, is told until it is mended', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await consul.register(one.as('web1', { id: 'odd', port: 0 }));
  const { flags, holder } = await takenPort(nginx);
  await using upsync = startUpsync({ consul, nginx }, ...flags, ...listening);
  const at = await statusUrl(upsync);
  using stream = await followEvents(`${at}events`);

  const rolledBack = await stream.until(({ blocked }) => blocked?.by === 'rolledBack');
  expect(rolledBack).toMatchObject({
    ready: false,
    release: null,
    blocked: { at: 'prove', problems: [{ what: expect.stringMatching(/^nginx does not run release/) }] },
    upstreams: { web1: { servers: [], leftOut: [{ instance: `dc1/${consul.node}/odd` }], leftOutCount: 1 } },
  });
  expect(Object.values(rolledBack.releases)).toMatchObject([{ result: 'rolledBack', times: 1 }]);
  holder.close();
  const live = await stream.until(({ ready }) => ready);
  expect(live).toMatchObject({ blocked: null, counts: { reloads: { proven: 1 } } });
  expect(live.counts.reloads.unproven).toBeGreaterThan(0);

  const broken = join(nginx.folder, 'templates/broken.conf.eta');
  await writeFile(broken, 'no_such_directive on;\n');
  // The templates before it go on, so that nothing is blocked.
  const aside = 'the newest templates are put aside: http/broken.conf:1: unknown directive';
  const isAside = ({ warnings }: Status) => warnings.some((warning) => warning.startsWith(aside));
  const rejected = await stream.until((status) => isAside(status) && status.blocked === null);
  expect(rejected.release).toEqual(live.release);
  expect((await statusOf(at)).counts.rejected.test).toBeGreaterThan(0);
  await cp('/dev/null', broken);
  await stream.until((status) => !isAside(status));
});
