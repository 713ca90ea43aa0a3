import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { deleteKey, putKey } from '../support/consul-kv.ts';
import { ask, gateway, tally } from '../support/gateway.ts';
import { listening, statusOf, statusUrl } from '../support/status.ts';
import { runUpsync, startUpsync, type Upsync, writeConfig } from '../support/upsync.ts';

/** A server at the bed's second port that says what `text` comes to; and the upstreams as ever. */
async function templates(nginx: NginxBed, text: string): Promise<string> {
  const folder = join(nginx.folder, 'templates');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'upstreams.conf.eta'),
    '<% for (const u of it.upstreams) { %>upstream <%= u.name %> {\n<%~ it.servers(u) %>\n}\n<% } %>',
  );
  await writeFile(
    join(folder, 'told.conf.eta'),
    `server { listen ${nginx.host}:${nginx.ports[1]}; return 200 ${text}; }\n`,
  );
  return folder;
}

async function status(upsync: Upsync) {
  return statusOf(await statusUrl(upsync));
}

async function told(nginx: NginxBed): Promise<string> {
  return (await ask(`http://${nginx.host}:${nginx.ports[1]}/`)).body;
}

test('a key goes live as an instance does; one that is not there is waited for by name, and what is live stays', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await putKey(consul, 'app/colour', 'red');
  const folder = await templates(nginx, "<%= it.key('app/colour') %>");
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--templates',
    folder,
    ...listening,
  );
  await upsync.next('published');
  expect(await told(nginx)).toBe('red');

  await putKey(consul, 'app/colour', 'dark "red"; }');
  await upsync.next('published');
  expect(await told(nginx)).toBe('dark "red"; }');

  await deleteKey(consul, 'app/colour');
  expect(await upsync.next('notice', ({ kind }) => kind === 'aside')).toMatchObject({
    level: 'warn',
    msg: 'the newest keys are put aside: waiting for key app/colour. Those before go on',
  });
  expect(await told(nginx)).toBe('dark "red"; }');
  const now = await status(upsync);
  expect(now.queries).toMatchObject({ 'key:app/colour': { answer: { instances: 0 }, failing: null } });
  expect(now.warnings).toContainEqual(expect.stringContaining('waiting for key app/colour'));

  await putKey(consul, 'app/colour', 'blue');
  await upsync.next('published');
  expect(await told(nginx)).toBe('blue');
  expect((await status(upsync)).warnings).toEqual([]);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a default applies before a key comes and after it went; a tree grows and shrinks', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const text = `"<%~ it.keyOr('app/colour', 'none') %>:<%~ it.tree('app').map(({ key }) => key).join() %>"`;
  const folder = await templates(nginx, text);
  await using upsync = startUpsync({ consul, nginx }, '--templates', folder, '--service', 'web1');
  await upsync.next('published');
  expect(await told(nginx)).toBe('none:');
  await putKey(consul, 'app/a/b', '1');
  await upsync.next('published');
  expect(await told(nginx)).toBe('none:a/b');
  await putKey(consul, 'app/colour', 'red');
  await expect.poll(() => told(nginx)).toBe('red:a/b,colour');
  await deleteKey(consul, 'app/colour');
  await deleteKey(consul, 'app/a/b');
  await expect.poll(() => told(nginx)).toBe('none:');
  expect(upsync.count('queryFailed')).toBe(0);
});

test('an edit that asks for a key that is not there gives way to the templates before, which follow Consul on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const folder = await templates(nginx, 'before');
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--templates',
    folder,
    ...listening,
  );
  await upsync.next('published');
  await templates(nginx, "<%= it.key('late/key') %>");
  expect(await upsync.next('notice')).toMatchObject({
    kind: 'aside',
    msg: expect.stringContaining('waiting for key late/key. Those before go on'),
  });
  await consul.register(two.as('web1'));
  await upsync.next('published');
  // Each worker has its own turns.
  expect(Object.keys(await tally(`${nginx.url}/web1`, 12)).sort()).toEqual(['one', 'two']);
  expect(await told(nginx)).toBe('before');

  await putKey(consul, 'late/key', 'after');
  await upsync.next('published');
  expect(await told(nginx)).toBe('after');
});

test.each([
  ['is deleted', undefined, 'waiting for key app/word'],
  ['cannot be written', 'costs $5', 'the text of key app/word'],
  ['is nothing that nginx takes', 'bad:value', 'told.conf:1: invalid value'],
] as const)(
  'a key that %s keeps no change of services from nginx: its text of before goes on',
  async (_, text, said) => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await putKey(consul, 'app/word', '404');
    const folder = await templates(nginx, "fine; error_page <%= it.key('app/word') %> /missing");
    await using upsync = startUpsync(
      { consul, nginx },
      '--service',
      'web1',
      '--templates',
      folder,
      ...listening,
    );
    await upsync.next('published');

    if (text === undefined) await deleteKey(consul, 'app/word');
    else await putKey(consul, 'app/word', text);
    const aside = await upsync.next('notice', ({ kind }) => kind === 'aside');
    expect(aside).toMatchObject({
      msg: expect.stringMatching(/^the newest keys are put aside: .*Those before go on$/),
    });
    expect(String(aside.msg)).toContain(said);
    await consul.register(two.as('web1'));
    await upsync.next('published');
    await consul.deregister(one.as('web1').id);
    await upsync.next('published');
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ two: 4 });
    // What nginx itself says of its configuration quotes that.
    if (text === 'costs $5') expect(JSON.stringify(await status(upsync))).not.toContain(text);

    await putKey(consul, 'app/word', '410');
    expect(await upsync.next('ended')).toMatchObject({ msg: 'the newest keys are in use' });
  },
);

test('what a template asks of services, nodes and keys is in one release; what it asks no more is followed no more', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('shop.cart'));
  const text = `"<% for (const { name } of it.services()) { %><% for (const s of it.service(name, { tags: ['a', 'b'] })) { %><%~ s.service %>:<%~ s.port %> <% } %><% } %><%~ it.nodes()[0].host %>"`;
  const folder = await templates(nginx, text);
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--templates',
    folder,
    ...listening,
  );
  await upsync.next('published');
  expect(await told(nginx)).toBe('127.0.0.1');
  await consul.register({ ...two.as('shop.basket'), tags: ['b', 'x', 'a'] });
  await upsync.next('published');
  expect(await told(nginx)).toBe(`shop.basket:${two.port} 127.0.0.1`);
  expect(Object.keys((await status(upsync)).queries)).toEqual(
    expect.arrayContaining(['services', 'nodes', 'service:shop.cart', 'service:shop.basket', 'service:web1']),
  );

  await templates(nginx, 'nothing');
  await upsync.next('published');
  expect(Object.keys((await status(upsync)).queries)).toEqual(['service:web1']);
});

test('a token that loses its rights on a key changes nothing', async () => {
  await using consul = await startConsul({ acl: true });
  await using nginx = await startNginx(gateway());
  await putKey(consul, 'app/colour', 'red');
  const rules = `${READ} key_prefix "app/" { policy = "read" }`;
  const granted = await grant(consul, rules);
  const folder = await templates(
    nginx,
    `"<%~ it.tree('app')[0]?.value ?? 'none' %> <%~ it.keyOr('app/colour', 'none') %>"`,
  );
  const config = await writeConfig(nginx, `templates: ${folder}\nconsul: {block: 1s}\nupstreams: {web1: }\n`);
  const env = { CONSUL_HTTP_TOKEN: granted.token };
  await using upsync = startUpsync({ consul, nginx, env }, ...config, ...listening);
  await upsync.next('published');
  expect(await told(nginx)).toBe('red red');

  await granted.setRules(READ);
  await upsync.next('queryFailed', ({ query }) => query === 'key:app/colour');
  await upsync.next('queryFailed', ({ query }) => query === 'tree:app/');
  const now = await status(upsync);
  expect(now.warnings).toContainEqual(expect.stringMatching(/^key:app\/colour {2}.*Consul denied the token/));
  expect(await told(nginx)).toBe('red red');
  expect(JSON.stringify(upsync.lines)).not.toContain(granted.token);

  // Neither does a start of upsync without them: what was published goes on.
  await upsync.kill();
  await using next = startUpsync({ consul, nginx, env }, ...config);
  await next.next('lacking');
  expect(await told(nginx)).toBe('red red');
  await granted.setRules(rules);
  await next.next('unchanged');
});

test('a dry run waits for what templates ask for, and says in the end what is not there', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const folder = await templates(nginx, "<%= it.key('app/none') %> <%= it.key('app/there') %>");
  await putKey(consul, 'app/there', 'x');
  const line = ['--once', '--service', 'web1', '--templates', folder, '--start-timeout', '2s'];
  const { code, stdout } = await runUpsync({ consul, nginx }, ...line);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\nWaiting for key app\/none\.\n$/);
  await putKey(consul, 'app/none', 'y');
  await templates(nginx, `"<%~ it.key('app/none') %>"`);
  expect(await runUpsync({ consul, nginx }, ...line)).toMatchObject({ code: 0 });
});

test('text of a key is never configuration: written as it is it is refused, and nginx goes on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await putKey(consul, 'app/text', 'plain');
  const folder = await templates(nginx, "<%~ it.key('app/text') %>");
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--templates',
    folder,
    ...listening,
  );
  await upsync.next('published');
  await putKey(consul, 'app/text', 'x; } server { listen 127.0.0.1:1; ');
  const { msg } = await upsync.next('notice', ({ kind }) => kind === 'aside');
  expect(msg).toMatch(
    /told\.conf\.eta:1: here <%~ … %> would write the very text of key app\/text as configuration/,
  );
  expect(await told(nginx)).toBe('plain');
  await putKey(consul, 'app/text', 'better');
  await upsync.next('published');
  expect(await told(nginx)).toBe('better');
});
