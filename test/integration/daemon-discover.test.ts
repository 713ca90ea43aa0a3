import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { tokenize } from '../../src/syntax/tokenize.ts';
import { startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { askHost } from '../support/ask-host.ts';
import { attacks } from '../support/attacks.ts';
import { startBackend } from '../support/backend.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { ask, gateway, rendered, soon, steadily, tally } from '../support/gateway.ts';
import { type LogLine, runUpsync, startUpsync, writeConfig } from '../support/upsync.ts';

/** Where the built-in gateway listens. */
const second = ({ host, ports }: NginxBed) => `${host}:${ports[1]}`;
const at = (nginx: NginxBed) => `http://${second(nginx)}`;
const by = (nginx: NginxBed) => ['--discover', 'web', '--gateway', second(nginx)];

const route = (host: string, path?: string) => ({
  tags: ['web'],
  meta: path === undefined ? { host } : { host, path },
});
const ofKind =
  (kind: string, upstream: string) =>
  (line: LogLine): boolean =>
    line.kind === kind && line.upstream === upstream;

test('a service with the tag and meta is served by its route with no edit, and by that alone', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(two.as('untagged', { meta: { host: 'two.example.org' } }));
  await using upsync = startUpsync({ consul, nginx }, ...by(nginx));
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org', '/api')).toBe('404');

  await consul.register(one.as('web9', route('Example.org', '/api/')));
  expect(await upsync.next('changed')).toMatchObject({
    msg: `web9  discovered, + 127.0.0.1:${one.port} (${consul.node}), route example.org/api, now 1 up`,
    found: true,
    route: 'example.org/api',
  });
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org', '/api')).toBe('200 one');
  expect(await askHost(at(nginx), 'EXAMPLE.ORG:8080', '/api/v1?x=/apix')).toBe('200 one');
  for (const path of ['/', '/apix', '/ap', '/x/api']) {
    expect(await askHost(at(nginx), 'example.org', path), path).toBe('404');
  }
  expect(await askHost(at(nginx), 'www.example.org', '/api')).toBe('404');
  expect(await askHost(at(nginx), 'two.example.org')).toBe('404');
  // A second instance joins by itself.
  await consul.register(two.as('web9', route('example.org', '/api')));
  await upsync.next('published');
  const answers = new Set<string>();
  for (let each = 0; each < 8; each += 1) answers.add(await askHost(at(nginx), 'example.org', '/api'));
  expect([...answers].sort()).toEqual(['200 one', '200 two']);
});

test('hosts by wildcard, hosts of any length and paths without a host lead where they are to', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const long = `${'a'.repeat(60)}.shop.example.org`;
  const claims = {
    any: { path: '/any' },
    wild: { host: '*.example.org' },
    nearer: { host: '*.shop.example.org' },
    long: { host: long },
    www: { host: 'www.example.org' },
  };
  const backends = await Promise.all(Object.keys(claims).map((name) => startBackend(name)));
  await using all = new AsyncDisposableStack();
  for (const backend of backends) all.use(backend);
  for (const [index, meta] of Object.values(claims).entries()) {
    const backend = backends[index];
    if (backend !== undefined) await consul.register(backend.as(backend.name, { tags: ['web'], meta }));
  }
  await using upsync = startUpsync({ consul, nginx }, ...by(nginx));
  await upsync.next('published');
  const answers = [
    ['nowhere.org', '/any/more', '200 any'],
    ['nowhere.org', '/', '404'],
    ['x.example.org', '/', '200 wild'],
    ['x.shop.example.org', '/', '200 nearer'],
    [long, '/', '200 long'],
    ['www.example.org', '/', '200 www'],
    ['example.org', '/', '404'],
  ] as const;
  for (const [host, path, answer] of answers) expect(await askHost(at(nginx), host, path), host).toBe(answer);
});

test('two services ask for one route: the first stays, it is said, and when it leaves the second has it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('zebra', route('example.org')));
  const flags = await writeConfig(nginx, 'defaults: {keep_for: 1s}');
  await using upsync = startUpsync({ consul, nginx }, ...by(nginx), ...flags);
  await upsync.next('published');

  await consul.register(two.as('ant', route('example.org')));
  expect(await upsync.next('notice', ofKind('conflict', 'ant'))).toMatchObject({
    level: 'warn',
    msg: "ant  does not get the route example.org/: example.org/ is zebra's already",
  });
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  const client = steadily(`${nginx.url}/ant`);

  await consul.deregister('zebra-one');
  expect(await upsync.next('notice', ofKind('left', 'zebra'))).toMatchObject({
    msg: 'zebra  is gone from Consul, its upstream leaves',
  });
  await upsync.next('ended', ofKind('conflict', 'ant'));
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 two');
  expect(Object.keys(await client.stop())).toEqual(['two']);
  expect(await rendered(nginx)).not.toContain('zebra');
  const wrong = upsync.lines.filter(({ msg }) => msg.includes('has healthy instances again'));
  expect(wrong).toEqual([]);
});

test('nginx.conf names one that leaves, and has the name of one that comes: neither holds up the others', async () => {
  await using consul = await startConsul();
  const taken = 'upstream legacy { server 127.0.0.1:1; }';
  await using nginx = await layNginx(gateway({ http: taken, named: ['web1', 'web9'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register(two.as('web9', route('example.org')));
  const flags = await writeConfig(nginx, 'defaults: {keep_for: 1s}');
  const place = { consul, nginx };
  expect(
    await runUpsync(place, '--once', '--apply', '--service', 'web1', ...by(nginx), ...flags),
  ).toMatchObject({
    code: 0,
  });
  await nginx.start();
  await using upsync = startUpsync(place, '--service', 'web1', ...by(nginx), ...flags);
  await upsync.next('unchanged');
  expect(await ask(`${nginx.url}/web9`)).toMatchObject({ status: 200, body: 'two' });

  await consul.register(two.as('legacy', { tags: ['web'] }));
  expect(await upsync.next('notice', ofKind('undiscovered', 'legacy'))).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /^legacy {2}does not become an upstream: nginx does not take it: \S+:\d+: duplicate upstream "legacy"$/,
    ),
  });
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(Object.keys(await tally(`${nginx.url}/web1`, 8)).sort()).toEqual(['one', 'two']);

  await consul.deregister('web9-two');
  expect(await upsync.next('notice', ofKind('needed', 'web9'))).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /^web9 {2}is gone from Consul and answers 503: .*: \S+:\d+: host not found in upstream "web9"$/,
    ),
  });
  await upsync.next('published');
  expect((await ask(`${nginx.url}/web9`)).status).toBe(503);
  expect(await askHost(at(nginx), 'example.org')).toBe('404');
  await consul.deregister('web1-one');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ two: 4 });

  await consul.register(one.as('web9', route('example.org')));
  await upsync.next('published');
  expect((await ask(`${nginx.url}/web9`)).body).toBe('one');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  expect(upsync.count('rejected')).toBe(0);
});

test('whatever is registered, others have their routes, and nginx has what was meant', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('good', route('example.org', '/good')));
  const texts = [...attacks.map(({ text }) => text), '127.0.0.1', 'localhost', 'a.example.org', '*'];
  for (const [number, text] of texts.entries()) {
    for (const field of ['service', 'host', 'path'] as const) {
      const of = (name: typeof field, plain: string) => (name === field ? text : plain);
      const Service = {
        Service: of('service', `s${number}-${field}`),
        ID: `${field}-${number}`,
        Port: 80,
        Tags: ['web'],
        Meta: { host: of('host', 'example.org'), path: of('path', `/s${number}-${field}`) },
      };
      const Node = `${field}-${number}`;
      const entry = { Node, Address: `10.9.${Math.floor(number / 250)}.${1 + (number % 250)}`, Service };
      // Consul refuses some itself.
      await consul.request('PUT', '/v1/catalog/register', entry).catch(() => undefined);
    }
  }
  await using upsync = startUpsync({ consul, nginx }, ...by(nginx));
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org', '/good')).toBe('200 one');

  const upstreams = tokenize(await rendered(nginx), 'upstreams.conf');
  const names = upstreams.map(({ name, args }) => `${name} ${args.map(({ value }) => value)}`);
  expect(names.length).toBeGreaterThan(texts.length);
  for (const name of names) expect(name).toMatch(/^upstream (good|s\d+-(host|path)|[A-Za-z0-9][\w-]*)$/);
  const servers = tokenize(await rendered(nginx, 'http/gateway.conf'), 'gateway.conf');
  for (const { name, args, block = [] } of servers) {
    expect([name, args]).toEqual(['server', []]);
    const inside = new Set(block.map((one) => one.name));
    expect([...inside].filter((each) => !/^(listen|server_name|location|proxy_\w+)$/.test(each))).toEqual([]);
    for (const location of block.filter((one) => one.name === 'location')) {
      const words = (location.block ?? []).map((one) =>
        [one.name, ...one.args.map(({ value }) => value)].join(' '),
      );
      expect(words).toHaveLength(1);
      expect(words[0]).toMatch(/^(return 404|proxy_pass http:\/\/[\w-]+)$/);
    }
  }
  for (const { msg } of upsync.lines) expect(msg).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
});

test('a token that loses its rights, and Consul itself, take nothing away: over a restart of upsync either', async () => {
  await using consul = await startConsul({ acl: true });
  const granted = await grant(consul, READ);
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web9', route('example.org')));
  const place = { consul, nginx, env: { CONSUL_HTTP_TOKEN: granted.token } };
  const flags = await writeConfig(nginx, 'defaults: {keep_for: 0s}\nstart_timeout: 2s');
  const all = [...by(nginx), ...flags, '--consul-block', '1s'];
  await using first = startUpsync(place, ...all);
  await first.next('published');

  await granted.setRules('key_prefix "" { policy = "read" }');
  await Promise.all(
    ['services', 'service:web9'].map((key) => first.ever('queryFailed', ({ query }) => query === key)),
  );
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  await first.kill();
  await using second = startUpsync(place, ...all);
  await second.next('unchanged');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  await second.kill();

  await consul.kill();
  await using third = startUpsync(place, ...all);
  await third.next('unchanged');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  await third.kill();
  const seeded = await runUpsync(place, '--once', '--apply', '--seed', ...all);
  expect(seeded, seeded.stderr).toMatchObject({ code: 0 });
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  expect(await rendered(nginx)).toContain('upstream web9');
});

test('a filter chooses among instances, and a service of which none is left for it is not there', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web9', { meta: { public: 'yes', path: '/' } }));
  await consul.register(two.as('web9'));
  await consul.register(two.as('inner'));
  const filter = 'Service.Meta.public == "yes"';
  await using upsync = startUpsync(
    { consul, nginx },
    ...['--discover-filter', filter, '--gateway', second(nginx)],
  );
  await upsync.next('published');
  expect(await askHost(at(nginx), 'example.org')).toBe('200 one');
  expect(await tally(`${nginx.url}/web9`, 4)).toEqual({ one: 4 });
  expect(await rendered(nginx)).not.toMatch(/inner|consul/);
});

test('an nginx that does not run is not given an address of the gateway that another process holds', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  const holder = createServer().listen(nginx.ports[1], nginx.host);
  await once(holder, 'listening');
  await using upsync = startUpsync({ consul, nginx }, ...by(nginx));
  expect(await upsync.next('rejected')).toMatchObject({
    level: 'error',
    msg: expect.stringContaining(
      `${second(nginx)}: another process listens where nginx is to listen for the gateway, and nginx could not start; end that process, or give gateway.listen another place`,
    ),
  });
  holder.close();
  await soon(upsync.next('published'));
  await nginx.start();
  expect(await askHost(at(nginx), 'example.org')).toBe('404');
});
