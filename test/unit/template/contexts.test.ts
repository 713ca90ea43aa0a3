import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTemplates } from '../../../src/template/templates.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-templates-'));
  mkdirSync(join(folder, 'stream'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const builtin = (more = {}) => createTemplates({ kind: 'builtin' }, templatesContext(more));
const own = () => createTemplates({ kind: 'folder', folder }, templatesContext());

function contents(templates: ReturnType<typeof own>, given: ReturnType<typeof view>) {
  const rendered = templates.render(given);
  if (rendered.kind !== 'files') throw new Error(JSON.stringify(rendered));
  return Object.fromEntries(rendered.files.map((file) => [file.path, file.contents]));
}

const web = upstream([server(1)]);
const db = upstream([server(2, { port: 3306 }), server(3, { port: 3306, state: 'down' })], {
  name: 'db',
  protocol: 'tcp',
  keepalive: 0,
  balance: 'hash $remote_addr consistent',
  listen: '127.0.0.1:3306',
});
const dns = upstream([], { name: 'dns', protocol: 'udp', keepalive: 0, zone: 0, listen: '[::1]:53' });
const plain = upstream([server(4)], { name: 'cache', protocol: 'tcp', keepalive: 0 });

test('the built-in templates write each upstream into its own context', () => {
  expect(contents(builtin(), view(plain, db, dns, web))).toEqual({
    'http/upstreams.conf': `upstream web1 {
    zone upsync_web1 64k;
    server 10.0.0.1:80;
    keepalive 32;
}
`,
    'stream/upstreams.conf': `upstream cache {
    zone upsync_cache 64k;
    server 10.0.0.4:80;
}
upstream db {
    zone upsync_db 64k;
    hash $remote_addr consistent;
    server 10.0.0.2:3306;
    server 10.0.0.3:3306 down;
}
server {
    listen 127.0.0.1:3306;
    proxy_pass db;
}
upstream dns {
    server 192.0.2.1:1 down;
}
server {
    listen [::1]:53 udp reuseport;
    proxy_pass dns;
}
`,
  });
});

test('with none of stream there is no file of stream, which nginx.conf would need a place for', () => {
  expect(Object.keys(contents(builtin(), view(web)))).toEqual(['http/upstreams.conf']);
});

test('a file with nothing in it is not written, but outside of the managed folder, where somebody may name it', () => {
  write('blank.eta', '\n');
  const source = join(folder, 'blank.eta');
  const list = ['http/blank.conf', 'stream/blank.conf', '/etc/nginx/snippets/blank.inc'];
  const templates = createTemplates(
    { kind: 'list', list: list.map((destination) => ({ source, destination })) },
    templatesContext(),
  );
  expect(contents(templates, view(web))).toEqual({ '/etc/nginx/snippets/blank.inc': '\n' });
});

test('a template sees the upstreams of its own context alone', () => {
  const names = '<%= it.upstreams.map((one) => one.name).join() %> <%= it.upstreams.length %>';
  write('a.conf.eta', names);
  write('stream/a.conf.eta', names);
  expect(contents(own(), view(db, dns, web))).toEqual({
    'http/a.conf': 'web1 1',
    'stream/a.conf': 'db,dns 2',
  });
});

test.each([
  ['a.conf.eta', 'db', 'upstream db is one of tcp, which a template of http cannot use'],
  ['stream/a.conf.eta', 'web1', 'upstream web1 is one of http, which a template of stream cannot use'],
  ['stream/a.conf.eta', 'none', 'there is no upstream none; there are db'],
])('in %s there is no upstream %s, and it is said why', (name, wanted, what) => {
  write('stream/b.conf.eta', '');
  write(name, `<%= it.upstream("${wanted}").name %>`);
  expect(own().render(view(db, web))).toMatchObject({ problem: { what, where: join(folder, `${name}:1`) } });
});

test('an upstream that no template would write is told of', () => {
  write('a.conf.eta', '');
  expect(own().render(view(web))).toMatchObject({ kind: 'files' });
  expect(own().render(view(db, web))).toMatchObject({
    kind: 'problem',
    problem: {
      what: "no template writes upstream db (tcp): it is one of nginx's stream context",
      where: folder,
      remedy: 'add one whose destination is in stream/, such as the built-in stream/upstreams.conf.eta',
    },
  });
});

test('with the Lua balancer those of stream stay as they were: in neither the peers nor the keys of http', () => {
  const balancer = { output: '/o', id: 'a1', folder: '/o/lua/c0de', isTold: true };
  const least = { ...plain, balance: 'least_conn' };
  const without = contents(builtin({ balancer }), view(web));
  const { 'stream/upstreams.conf': stream, ...rest } = contents(
    builtin({ balancer }),
    view(least, db, dns, web),
  );
  expect(rest).toEqual(without);
  expect(stream).toContain('    least_conn;\n    server 10.0.0.4:80;\n');
  expect(stream).toContain('    zone upsync_db 64k;\n    hash $remote_addr consistent;\n');
  expect(stream).not.toContain('lua');
});
