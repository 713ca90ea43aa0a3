import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGateway, type GatewayOptions } from '../../src/nginx/gateway.ts';
import { proofPlace } from '../../src/nginx/proof-place.ts';
import type { View } from '../../src/pipeline/view.ts';
import { luaFor } from '../../src/release/lua-code.ts';
import { createReleases } from '../../src/release/store.ts';
import { createTemplates } from '../../src/template/templates.ts';
import { layNginx, type NginxBed } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { holdersOf } from '../bed/nginx-processes.ts';
import { realClock } from '../support/consul-follow.ts';
import { gateway } from '../support/gateway.ts';
import { server, templatesContext, upstream, view } from '../unit/pipeline/given.ts';

const load = luaBuild()?.load;
const never = new AbortController().signal;
const nobody = upstream([server(1, { host: '192.0.2.1' }), server(2, { host: '192.0.2.2' })]);

interface Given {
  readonly http?: string;
  readonly template?: string;
  /** Instead of a file of the balancer's. */
  readonly code?: readonly [name: string, text: string];
  /** What becomes of the candidate's peers. */
  readonly spoil?: (peers: string) => string;
}

/** What a gateway that pushes says of a view, in the whole configuration of an nginx that is not started. */
async function judge(given: View, { http = '', ...rest }: Given = {}, signal = never) {
  const options = gateway({ main: load ?? '', http, named: [] });
  await using nginx = await layNginx(options);
  return await judgeIn(nginx, given, rest, signal);
}

async function judgeIn(nginx: NginxBed, given: View, { template, code, spoil }: Given, signal: AbortSignal) {
  const output = join(nginx.folder, 'upsync');
  const clock = realClock;
  const lua = luaFor(output, true);
  const files = new Map([...lua.code.files, ...(code === undefined ? [] : [code])]);
  const own = { ...lua, code: { ...lua.code, files } };
  const proof = proofPlace('auto', output);
  const context = templatesContext({ proof, balancer: lua.balancer, clock });
  if (template !== undefined) await writeFile(join(nginx.folder, 'own.conf.eta'), template);
  const templates = createTemplates(
    template === undefined
      ? { kind: 'builtin' }
      : {
          kind: 'list',
          list: [{ source: join(nginx.folder, 'own.conf.eta'), destination: 'http/own.conf' }],
        },
    context,
  );
  const rendered = templates.render(given);
  if (rendered.kind !== 'files') throw new Error(JSON.stringify(rendered));
  const assertLocked = async () => undefined;
  const releases = createReleases({
    output,
    proof,
    lua: own,
    version: '1',
    clock,
    report: () => undefined,
    assertLocked,
  });
  const candidate = await releases.stage(rendered.files, given);
  const peers = join(candidate.folder, 'peers');
  if (spoil !== undefined) await writeFile(peers, spoil(await readFile(peers, 'utf8')));
  const gatewayOptions: GatewayOptions = {
    conf: nginx.conf,
    prefix: undefined,
    binary: 'nginx',
    pid: nginx.pidFile,
    signal: 'pid',
    output,
    proof,
    proofTimeout: 1000,
    lua: { ...own, find: async () => undefined },
  };
  const verdict = await createGateway(gatewayOptions, clock).test(candidate, signal);
  return { verdict };
}

const accepted = { kind: 'accepted' };

test.skipIf(load === undefined)('each method finds a backend, and none of the servers is asked', async () => {
  const methods = ['round_robin', 'ip_hash', 'random', 'hash $request_uri', 'hash $of_a_user consistent'];
  const upstreams = methods.map((balance, index) => ({ ...nobody, name: `web${index}`, balance }));
  // A variable of the user's own is not known in the trial.
  const http = 'map $uri $of_a_user { default 1; }';
  const { verdict } = await judge(view(...upstreams), { http });
  expect(verdict).toMatchObject(accepted);
});

test.skipIf(load === undefined)('Lua that does not run is refused in its own words', async () => {
  const broken = await judge(view(nobody), { code: ['pick.lua', 'error "no such thing"'] });
  expect(broken.verdict).toMatchObject({
    kind: 'refused',
    problems: [{ what: expect.stringMatching(/does not work in this nginx: .*no such thing/) }],
  });
});

test.skipIf(load === undefined)('Lua that chooses nobody is refused', async () => {
  const code = ['pick.lua', 'return { round_robin = function() end }'] as const;
  const { verdict } = await judge(view(nobody), { code });
  expect(verdict).toMatchObject({
    kind: 'refused',
    problems: [{ what: expect.stringContaining('no live peer') }],
  });
});

test.skipIf(load === undefined)('libraries are looked for where the configuration says', async () => {
  const { verdict } = await judge(view(nobody), { http: 'lua_package_path "/nowhere/?.lua;;";' });
  expect(verdict).toMatchObject(accepted);
});

test.skipIf(load === undefined).each([
  ['before', 'ip_hash;\n<%~ it.servers(it.upstream("web1")) %>'],
  ['behind', '<%~ it.servers(it.upstream("web1")) %>\nip_hash;'],
  ['with keepalive before', 'keepalive 4;\n<%~ it.servers(it.upstream("web1")) %>'],
])('a second method %s is refused: nginx only warns', async (_, inside) => {
  const { verdict } = await judge(view(nobody), { template: `upstream web1 {\n${inside}\n}` });
  expect(verdict).toMatchObject({
    kind: 'refused',
    problems: [{ what: expect.stringContaining('second balancing method') }],
  });
});

test.skipIf(load === undefined)('peers that workers would not take are refused before that', async () => {
  const { verdict } = await judge(view(nobody), {
    spoil: (peers) => peers.replace(' up\n', ' sideways\n'),
  });
  expect(verdict).toMatchObject({
    kind: 'refused',
    problems: [{ what: 'it is no server', where: expect.stringMatching(/\/peers, line 3$/) }],
  });
});

test.skipIf(load === undefined)('nothing is left behind, of a trial that was broken off either', async () => {
  const before = await leftIn();
  const ended = new AbortController();
  const asked = judge(view(nobody), {}, ended.signal);
  setImmediate(() => ended.abort());
  await expect(asked).rejects.toThrow();
  await judge(view(nobody));
  expect(await leftIn()).toEqual(before);
});

async function leftIn(): Promise<readonly string[]> {
  const stages = (await readdir(tmpdir())).filter((name) => name.startsWith('upsync-test-'));
  const held = await Promise.all(stages.map((stage) => holdersOf(join(tmpdir(), stage, 'trial/error.log'))));
  return held.flat().map(String);
}
