import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complaintOf, folderWith, load } from './loading.ts';

describe('where a value comes from', () => {
  const yaml = 'consul: {address: http://file:8500}\nupstreams: {web1: {}}';
  const env = { UPSYNC_CONSUL: 'http://env:8500', CONSUL_HTTP_ADDR: 'consul:8500' };

  test('a flag goes before everything', async () => {
    const { consul } = await load({ yaml, env, flags: { '--consul': 'http://flag:8500' } });
    expect(consul.address).toBe('http://flag:8500');
  });

  test('an UPSYNC_ variable goes before the file', async () => {
    expect((await load({ yaml, env })).consul.address).toBe('http://env:8500');
  });

  test("the file goes before Consul's own variables", async () => {
    const { consul } = await load({ yaml, env: { CONSUL_HTTP_ADDR: 'consul:8500' } });
    expect(consul.address).toBe('http://file:8500');
  });

  test("Consul's own variables go before the default", async () => {
    const { consul } = await load({ services: ['web1'], env: { CONSUL_HTTP_ADDR: 'consul:8500' } });
    expect(consul.address).toBe('http://consul:8500');
  });

  test('a variable that is set to nothing counts as not set', async () => {
    const { consul } = await load({ yaml, env: { UPSYNC_CONSUL: '', UPSYNC_CONFIG: '' } });
    expect(consul.address).toBe('http://file:8500');
  });

  test('UPSYNC_CONFIG names the file where no flag does', async () => {
    const cwd = await folderWith({ 'a.yaml': 'upstreams: {a: }', 'b.yaml': 'upstreams: {b: }' });
    const names = async (file?: string) =>
      (await load({ cwd, env: { UPSYNC_CONFIG: 'a.yaml' }, ...(file ? { file } : {}) })).plan.upstreams[0]
        ?.name;
    expect(await names()).toBe('a');
    expect(await names('b.yaml')).toBe('b');
  });

  test('the file is read anew by each load', async () => {
    const cwd = await folderWith({});
    expect((await load({ cwd, yaml: 'upstreams: {a: }' })).plan.upstreams[0]?.name).toBe('a');
    expect((await load({ cwd, yaml: 'upstreams: {b: }' })).plan.upstreams[0]?.name).toBe('b');
  });
});

test('a service alone is a whole configuration', async () => {
  const config = await load({ services: ['web1'] });
  expect(config).toEqual({
    plan: {
      upstreams: [
        {
          name: 'web1',
          service: 'web1',
          protocol: 'http',
          tags: [],
          datacenter: '',
          balance: 'round_robin',
          onEmpty: 'keep',
          keepFor: 60_000,
          onWarning: 'use',
          maxFails: 1,
          failTimeout: 10_000,
          keepalive: 32,
          zone: 'auto',
        },
      ],
      admission: {
        addresses: { refusal: expect.any(Function) },
        hostnames: false,
        tags: new Set(),
        meta: new Map(),
        here: expect.any(Set),
      },
      guard: { maxDrop: 0.5, atLeast: 4, grace: 30_000 },
      wait: { min: 100, max: 1_000, splay: 0 },
      startTimeout: 30_000,
      maxDraining: 10,
    },
    process: { exec: [], stopTimeout: 30_000, pidFile: undefined },
    consul: {
      address: 'http://127.0.0.1:8500',
      token: expect.any(Function),
      hasToken: false,
      datacenter: '',
      stale: true,
      block: 300_000,
      timeout: 10_000,
      maxStale: 600_000,
      maxConnections: 100,
      tls: { ca: '', cert: '', key: '', serverName: '', verify: true },
    },
    nginx: {
      conf: '/etc/nginx/nginx.conf',
      prefix: undefined,
      binary: 'nginx',
      pid: 'auto',
      signal: 'auto',
      via: 'reload',
      proof: 'auto',
      proofTimeout: 5_000,
    },
    output: '/etc/nginx/upsync',
    templates: { kind: 'builtin' },
    environment: {},
    units: [],
    listen: { place: { host: '127.0.0.1', port: 9465 }, hosts: [] },
    log: { level: 'info', format: 'auto' },
  });
});

describe('paths', () => {
  test('are relative to the file where the file says them, and else to the working folder', async () => {
    const cwd = await folderWith({});
    const conf = await folderWith({
      'upsync.yaml': 'nginx: {conf: nginx.conf}\noutput: out\nupstreams: {a: }',
    });
    const config = await load({ cwd, file: join(conf, 'upsync.yaml'), flags: { '--output': 'out' } });
    expect(config.nginx.conf).toBe(join(conf, 'nginx.conf'));
    expect(config.output).toBe(join(cwd, 'out'));
  });

  test('of programs stay bare names where they are such', async () => {
    const cwd = await folderWith({});
    const binary = async (path: string) =>
      (await load({ cwd, services: ['a'], flags: { '--nginx-bin': path } })).nginx.binary;
    expect(await binary('openresty')).toBe('openresty');
    expect(await binary('./nginx')).toBe(join(cwd, 'nginx'));
  });

  test('that nginx could not include are refused', async () => {
    expect(await complaintOf({ services: ['a'], flags: { '--output': '/srv/my files' } })).toBe(
      '--output: nginx cannot include from "/srv/my files"; choose a folder without spaces and special characters in its path',
    );
  });
});

describe('templates', () => {
  test('are a folder', async () => {
    const { templates } = await load({ services: ['a'], flags: { '--templates': '/srv/templates' } });
    expect(templates).toEqual({ kind: 'folder', folder: '/srv/templates' });
  });

  test('are a list, whose destinations go to http unless they say otherwise', async () => {
    const cwd = await folderWith({});
    const list = '[{source: a.eta, destination: a.conf}, {source: /b.eta, destination: stream/a.conf}]';
    const { templates } = await load({ cwd, yaml: `templates: ${list}\nupstreams: {a: }` });
    expect(templates).toEqual({
      kind: 'list',
      list: [
        { source: join(cwd, 'a.eta'), destination: 'http/a.conf' },
        { source: '/b.eta', destination: 'stream/a.conf' },
      ],
    });
  });

  test('of one destination are refused', async () => {
    const list = '[{source: a, destination: a.conf}, {source: b, destination: http/a.conf}]';
    expect(await complaintOf({ yaml: `templates: ${list}\nupstreams: {a: }` })).toBe(
      'upsync.yaml:1 templates.1.destination: two templates write this file; choose another name',
    );
  });

  test('may lie anywhere, with a mode and an owner by name or number', async () => {
    const list =
      '[{source: /a, destination: /etc/nginx/a.conf, mode: "0640", owner: root:daemon}, ' +
      '{source: /b, destination: b.conf, mode: "600", owner: "33"}]';
    const { templates } = await load({ yaml: `templates: ${list}\nupstreams: {a: }` });
    expect(templates).toEqual({
      kind: 'list',
      list: [
        { source: '/a', destination: '/etc/nginx/a.conf', mode: 0o640, owner: { uid: 0, gid: 1 } },
        { source: '/b', destination: 'http/b.conf', mode: 0o600, owner: { uid: 33 } },
      ],
    });
  });

  test.each([
    [
      '{destination: /etc/nginx/upsync/http/a.conf}',
      'destination: /etc/nginx/upsync/http/a.conf lies in the managed',
    ],
    ['{destination: /etc/nginx/upsync}', 'destination: /etc/nginx/upsync lies in the managed folder'],
    ['{destination: /a, mode: 0644}', 'mode: not a text; put it in quotes'],
    ['{destination: /a, mode: "0948"}', 'mode: not a mode; write three octal digits in quotes'],
    ['{destination: /a, mode: "4755"}', 'mode: not a mode'],
    [
      '{destination: /a, owner: nobody-of-this-name}',
      'owner: /etc/passwd has no nobody-of-this-name; add it',
    ],
    ['{destination: /a, owner: "root:nobody-of-this-name"}', 'owner: /etc/group has no nobody-of-this-name'],
    ['{destination: /a, owner: "a b"}', 'owner: not an owner; write user, or user:group'],
  ])('%s is refused', async (one, complaint) => {
    const yaml = `templates: [${one.replace('{', '{source: /s, ')}]\nupstreams: {a: }`;
    expect(await complaintOf({ yaml })).toContain(`upsync.yaml:1 templates.0.${complaint}`);
  });
});

test('no upstream at all is an error that says how to name one', async () => {
  const remedy =
    'name one with --service NAME, with UPSYNC_SERVICES, or under upstreams: in a --config file; or find them with --discover TAG';
  expect(await complaintOf({})).toBe(`no service to follow; ${remedy}`);
  expect(await complaintOf({ yaml: 'upstreams:' })).toBe(`upsync.yaml: no service to follow; ${remedy}`);
});

test('no upstream is needed where templates are named, which may ask Consul by themselves', async () => {
  expect(await load({ yaml: 'templates: [{source: a.eta, destination: a.conf}]' })).toMatchObject({
    plan: { upstreams: [] },
  });
});

test('a section with everything commented out is as good as none, an empty value is not', async () => {
  const config = await load({ yaml: 'consul:\n  # address: x\n  tls:\nupstreams: {a: }' });
  expect(config.consul.address).toBe('http://127.0.0.1:8500');
  expect(await complaintOf({ yaml: 'output:\nupstreams: {a: }' })).toBe(
    'upsync.yaml:1 output: has no value; give one, or leave the key out',
  );
});

test('templates see the variables that expose.env names, as they are; no secret may be among them', async () => {
  const { environment } = await load({
    yaml: 'expose: {env: [PORT, NOT_SET]}',
    services: ['a'],
    env: { PORT: '80', OTHER: 'x' },
  });
  expect(environment).toEqual({ PORT: '80', NOT_SET: undefined });
  for (const [name, words] of [
    ['CONSUL_HTTP_TOKEN', /expose\.env\.0: a secret of upsync/],
    ['A B', /not a variable/],
  ] as const) {
    await expect(load({ yaml: `expose: {env: [${name}]}`, services: ['a'] })).rejects.toThrow(words);
  }
});
