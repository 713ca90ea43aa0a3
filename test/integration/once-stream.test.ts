import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { type BedOptions, layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { check } from '../support/check.ts';
import { gateway } from '../support/gateway.ts';
import { loadStream, streamGateway } from '../support/stream.ts';
import { runUpsync, writeConfig } from '../support/upsync.ts';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul();
  await consul.register({ id: 'db-1', name: 'db', port: 3306, address: '10.0.0.7' });
});
afterAll(() => consul?.[Symbol.asyncDispose]());

const dry = async (nginx: NginxBed, more = '') =>
  runUpsync(
    { consul, nginx },
    '--once',
    ...(await writeConfig(nginx, `upstreams: {db: {protocol: tcp${more}}}`)),
  );

test('a dry run shows the diff of the file for stream', async () => {
  await using nginx = await startNginx(streamGateway());
  const { code, stdout } = await dry(nginx);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('db  + 10.0.0.7:3306') });
  expect(stdout).toContain('--- /dev/null\n+++ candidate/stream/upstreams.conf\n');
  expect(stdout).toContain('\n+    server 10.0.0.7:3306;\n');
  expect(stdout).toMatch(/\nWould change .*stream\/upstreams\.conf: nginx accepts it/);
});

/** An nginx.conf with these lines instead of what a gateway has for stream. */
const without = (lines: string, main = ''): BedOptions => {
  const options = gateway({ main });
  return {
    layout: (place) => {
      const files = options.layout?.(place) ?? {};
      return { ...files, 'nginx.conf': `${files['nginx.conf']}\n${lines}` };
    },
  };
};

test.each([
  [
    'a stream block that does not include them',
    without('stream { }', loadStream),
    /add `include \S+\/upsync\/stream\/\*\.conf;` inside its stream block/,
  ],
  [
    'no stream block at all',
    without(''),
    /add `stream \{ include \S+\/upsync\/stream\/\*\.conf; \}` outside of all blocks, for upstreams of tcp and udp/,
  ],
  [
    'a stream block and no module for it',
    without('stream { include upsync/stream/*.conf; }'),
    /unknown directive "stream"; load the stream module, at the top of nginx\.conf: `load_module /,
  ],
  [
    'a module that is not installed',
    without('stream { include upsync/stream/*.conf; }', 'load_module none/ngx_stream_module.so;'),
    /install nginx's stream module \(Debian: libnginx-mod-stream\)/,
  ],
])('where nginx.conf has %s, that is said with what to do', async (_, options, said) => {
  await using nginx = await layNginx(options);
  const { code, stdout } = await dry(nginx);
  expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringMatching(said) });
  const found = await check(
    { consul, nginx },
    ...(await writeConfig(nginx, 'upstreams: {db: {protocol: tcp}}')),
  );
  expect(found.code).toBe(1);
  expect(found.failed.map(({ what, remedy }) => `${what}; ${remedy}`).join('\n')).toMatch(said);
});

test('an nginx.conf without a place for streams is fine while there are none', async () => {
  await using nginx = await startNginx(gateway());
  const { code, stdout } = await runUpsync({ consul, nginx }, '--once', '--service', 'db');
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.not.stringContaining('stream/') });
});

test('where it has streams alone it needs its http block all the same, and that is said', async () => {
  await using nginx = await layNginx({
    layout: ({ main, host, port }) => ({
      'nginx.conf': `${loadStream}\n${main}\nevents {}\nstream { include upsync/stream/*.conf; server { listen ${host}:${port}; return x; } }\n`,
    }),
  });
  const { code, stdout } = await dry(nginx);
  expect({ code, stdout }).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /add `http \{ include \S+\/upsync\/http\/\*\.conf; \}` outside of all blocks: there nginx tells what it runs/,
    ),
  });
});

test('templates that have no place for an upstream of tcp are rejected, with what to do', async () => {
  await using nginx = await layNginx(streamGateway());
  const templates = join(nginx.folder, 'templates');
  await mkdir(templates);
  await writeFile(join(templates, 'web.conf.eta'), '');
  const { code, stdout } = await runUpsync(
    { consul, nginx },
    '--once',
    '--templates',
    templates,
    ...(await writeConfig(nginx, 'upstreams: {db: {protocol: tcp}}')),
  );
  expect(code).toBe(1);
  expect(stdout).toContain('no template writes upstream db (tcp)');
});
