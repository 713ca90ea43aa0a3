import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { listing } from '../bed/nginx-listing.ts';
import { until } from '../bed/nginx-processes.ts';
import { via } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, reloads, steadily, tally } from '../support/gateway.ts';
import { outputOf, startUpsync } from '../support/upsync.ts';

const builtin = join(import.meta.dirname, '../../templates');

test('a candidate that nginx refuses is rejected with file and line, and touches nothing that is live', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const templates = join(nginx.folder, 'templates');
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  await cp(builtin, templates, { recursive: true });
  const place = { consul, nginx, env: { TMPDIR: temporary } };
  await using upsync = startUpsync(place, '--service', 'web1', '--templates', templates);
  await upsync.next('published');
  const before = await listing(outputOf(nginx));
  const reloaded = await reloads(nginx);
  const client = steadily(`${nginx.url}/web1`);

  const extra = join(templates, 'extra.conf.eta');
  await writeFile(extra, '# fine so far\nmap $uri $fine { default 1; }\nno_such_directive on;\n');
  const rejected = await upsync.next('rejected');
  expect(rejected).toMatchObject({
    level: 'error',
    what: expect.stringContaining('unknown directive "no_such_directive"'),
    where: 'http/extra.conf:3',
    msg: expect.stringContaining('rejected at test, nginx keeps what it has'),
  });
  const changed = (await listing(outputOf(nginx))).filter((line) => !before.includes(line));
  // These folders held a candidate for a while; everything in them is as it was.
  const held = via === 'push' ? ['config', 'releases'] : ['releases'];
  expect(changed.map((line) => line.split(' ')[0])).toEqual(held.map((name) => join(outputOf(nginx), name)));
  // The verdict does not wait for it.
  await until('nothing is left of the test', async () => (await readdir(temporary)).length === 0);
  expect(await reloads(nginx)).toBe(reloaded);

  // The templates before it go on following Consul; those that nginx refused are said once, and when they are good again.
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(Object.keys(await client.stop()).filter((name) => name !== 'two')).toEqual(['one']);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  await writeFile(extra, 'map $uri $fine { default 1; }\n');
  expect(await upsync.next('ended')).toMatchObject({ kind: 'aside', msg: 'the newest templates are in use' });
  await upsync.next('published');
  expect(upsync.count('rejected')).toBe(1);
  expect(await readdir(temporary)).toEqual([]);
});

test('templates with which nginx does not come to run give way to those before, which go on following Consul', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using taken = await startBackend('taken');
  await consul.register(one.as('web1'));
  const templates = join(nginx.folder, 'templates');
  await cp(builtin, templates, { recursive: true });
  const flags = ['--service', 'web1', '--templates', templates, '--nginx-proof-timeout', '1s'];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  // `nginx -t` passes over a port that somebody else listens on.
  await writeFile(join(templates, 'extra.conf.eta'), `server { listen 127.0.0.1:${taken.port}; }\n`);
  expect(await upsync.next('notice')).toMatchObject({
    kind: 'aside',
    msg: expect.stringContaining(
      'the newest templates are put aside: nginx does not come to run what they make',
    ),
  });
  await upsync.next('rolledBack');
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('a file of the gateway that the release conflicts with is named, and the release is tried again by itself', async () => {
  await using consul = await startConsul();
  const conflict = 'upstream web1 { server 127.0.0.1:1; }';
  await using nginx = await startNginx({
    layout: ({ main, http, host, port }) => ({
      'nginx.conf': `${main}\nevents {}\nhttp {\n${http}\ninclude site.conf;\ninclude upsync/http/*.conf;\nserver { listen ${host}:${port}; return 200 gateway; }\n}\n`,
      'site.conf': conflict,
    }),
  });
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('rejected')).toMatchObject({
    what: expect.stringContaining('duplicate upstream "web1"'),
    where: expect.stringMatching(/^http\/upstreams\.conf:\d+$/),
  });
  expect(await readdir(outputOf(nginx))).not.toContain('current');
  await writeFile(join(nginx.folder, 'site.conf'), '');
  await upsync.next('published');
  expect(upsync.count('rejected')).toBe(1);
  expect((await ask(nginx.url)).body).toBe('gateway');
});

test('an nginx.conf that does not include the managed folder is rejected with the line to add', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx({
    layout: ({ main, http, host, port }) => ({
      'nginx.conf': `${main}\nevents {}\nhttp {\n${http}\nserver { listen ${host}:${port}; return 200 gateway; }\n}\n`,
    }),
  });
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('rejected')).toMatchObject({
    what: "nginx.conf does not include the managed folder's http part",
    where: nginx.conf,
    remedy: `add \`include ${outputOf(nginx)}/http/*.conf;\` inside its http block`,
  });
});
