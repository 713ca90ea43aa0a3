import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTemplates } from '../../../src/template/templates.ts';
import { server, templatesContext, upstream, view } from '../pipeline/given.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-templates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const balancer = {
  output: '/etc/nginx/upsync',
  id: 'a1',
  folder: '/etc/nginx/upsync/lua/c0de',
  isTold: true,
};
const context = (more = {}) => templatesContext({ balancer, ...more });
const builtin = (more = {}) => createTemplates({ kind: 'builtin' }, context(more));

/** What was rendered, by path. */
function rendered(given: Parameters<ReturnType<typeof builtin>['render']>[0], templates = builtin()) {
  const result = templates.render(given);
  if (result.kind !== 'files') throw new Error(JSON.stringify(result));
  return Object.fromEntries(result.files.map(({ path, contents }) => [path, contents]));
}

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return createTemplates({ kind: 'folder', folder }, context());
};

test('an upstream holds the block that chooses its servers, and its servers stand in the peers file', () => {
  const files = rendered(view(upstream([server(1)])));
  expect(files['http/upstreams.conf']).toBe(`upstream web1 {
    server 127.9.9.9:20000 max_fails=0;
    balancer_by_lua_block {
        local key, folder = "/etc/nginx/upsync", "/etc/nginx/upsync/lua/c0de"
        local upsync = package.loaded[key]
            or assert(loadfile(folder .. "/upsync.lua"))(key, folder, "upsync_a1_structure")
        upsync.round_robin("web1")
    }
    keepalive 32;
}
`);
  expect(files.peers).toBe('upstream web1\n10.0.0.1:80 1 1 10 up\nend 1\n');
});

test('instances that come, go, drain or change their weight move the peers file alone', () => {
  const { peers, ...before } = rendered(view(upstream([server(1)])));
  const many = Array.from({ length: 100 }, (_, index) => server(index, { weight: 1 + index }));
  for (const servers of [many, [server(2, { state: 'down' })], []]) {
    const { peers: after, ...rest } = rendered(view(upstream(servers, { zone: 256 })));
    expect(rest).toEqual(before);
    expect(after).not.toBe(peers);
  }
});

test.each([
  ['ip_hash', 'ip_hash("web1")'],
  ['random', 'random("web1")'],
  ['hash $request_uri', 'hash("web1", ngx.var.upsync_a1_key_'],
  ['hash $request_uri consistent', 'consistent_hash("web1", ngx.var.upsync_a1_key_'],
])('%s is called by its name, and its directive is left out', (balance, call) => {
  const files = rendered(view(upstream([server(1)], { balance })));
  expect(files['http/upstreams.conf']).toContain(`upsync.${call}`);
  expect(files['http/upstreams.conf']).not.toContain(`${balance};`);
});

test('nginx itself evaluates the keys, each once', () => {
  const one = upstream([server(1)], { balance: 'hash $request_uri' });
  const two = upstream([server(2)], { name: 'web2', balance: 'hash $request_uri consistent' });
  const text = rendered(view(one, two))['http/.balancer.conf'] ?? '';
  expect(text.match(/default "\$request_uri";/g)).toHaveLength(1);
});

test('nginx tells how requests end, unless the configuration says something of its own there', () => {
  const given = view(upstream([server(1)]));
  expect(rendered(given)['http/.balancer.conf']).toContain('upsync.finish()');
  const templates = builtin({ balancer: { ...balancer, isTold: false } });
  expect(rendered(given, templates)['http/.balancer.conf']).toBe('');
});

test.each(['least_conn', 'random two', 'random two least_conn'])(
  '%s is refused, with what to do',
  (balance) => {
    const result = builtin().render(view(upstream([server(1)], { balance })));
    expect(result).toMatchObject({
      problem: {
        what: `web1: the Lua balancer cannot do ${balance}; choose another method, or nginx.via: reload`,
      },
    });
  },
);

test('servers that a template chose for itself are written as nginx has them, method and all', () => {
  const templates = write(
    'a.conf.eta',
    `<% const one = it.upstream("web1"); const own = { ...one, servers: one.servers.slice(1) } %>
<%~ it.balance(own) %>
<%~ it.servers(own) %>`,
  );
  const given = view(upstream([server(1), server(2)], { balance: 'ip_hash' }));
  expect(rendered(given, templates)['http/a.conf']).toBe('ip_hash;\n    server 10.0.0.2:80;');
});

test('in stream servers are written as nginx has them', () => {
  mkdirSync(join(folder, 'stream'));
  const templates = write('stream/a.conf.eta', '<%~ it.servers(it.upstream("web1")) %>');
  const given = view(upstream([server(1)], { protocol: 'tcp' }));
  expect(rendered(given, templates)['stream/a.conf']).toBe('    server 10.0.0.1:80;');
});
