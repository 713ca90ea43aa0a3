import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseWay } from '../../../src/nginx/way.ts';

const never = new AbortController().signal;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-way-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly conf?: string;
  readonly built?: string;
  readonly balance?: string;
}

/** A program that answers `-V` as an nginx that was built so. */
function choose(via: 'reload' | 'push' | 'auto', { conf = '', built = '', balance = 'round_robin' }: Given) {
  const binary = join(folder, 'nginx');
  writeFileSync(binary, `#!/bin/sh\necho "configure arguments: ${built}" >&2\n`);
  chmodSync(binary, 0o755);
  writeFileSync(join(folder, 'nginx.conf'), conf);
  const balances = new Map([['web1', balance]]);
  const options = { via, binary, conf: join(folder, 'nginx.conf'), output: join(folder, 'upsync'), balances };
  return chooseWay(options, never);
}

const module = 'load_module modules/ngx_http_lua_module.so;';
const builtIn = '--add-module=../ngx_lua-0.10.26';

test('auto takes the module that is loaded, or built in', async () => {
  expect(await choose('auto', { conf: module })).toEqual({ kind: 'push', isTold: true });
  expect(await choose('auto', { built: builtIn })).toEqual({ kind: 'push', isTold: true });
});

test("a log_by_lua of the user's own at http level stays the only one there", async () => {
  const hook = 'log_by_lua_block { x() }';
  expect(await choose('push', { conf: `${module} http { ${hook} }` })).toEqual({
    kind: 'push',
    isTold: false,
  });
  expect(await choose('push', { conf: `${module} http { server { ${hook} } }` })).toMatchObject({
    isTold: true,
  });
});

test('reload asks nginx nothing', async () => {
  const options = {
    via: 'reload',
    binary: '/nowhere',
    conf: '/nowhere',
    output: '/',
    balances: new Map(),
  } as const;
  expect(await chooseWay(options, never)).toEqual({ kind: 'reload' });
});

test.each<[string, Given, string]>([
  ['no module', {}, 'nginx does not load the Lua module'],
  [
    'a module of stream',
    { conf: 'load_module modules/ngx_stream_lua_module.so;' },
    'does not load the Lua module',
  ],
  ['no cache', { conf: `${module}\nhttp {\nlua_code_cache off;\n}` }, 'nginx.conf:3: lua_code_cache is off'],
  [
    'least_conn',
    { conf: module, balance: 'least_conn' },
    'cannot do least_conn, which upstream web1 asks for',
  ],
  ['a configuration that cannot be read', { conf: 'include /tmp;' }, 'cannot read'],
])('with %s push is refused, and auto reloads and says why', async (_, given, why) => {
  await expect(choose('push', given)).rejects.toThrow(why);
  expect(await choose('auto', given)).toEqual({ kind: 'reload', why: expect.stringContaining(why) });
});
