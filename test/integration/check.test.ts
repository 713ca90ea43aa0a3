import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyUnread } from '../../src/nginx/fifo.ts';
import { proofServer } from '../../src/nginx/proof.ts';
import { type Consul, startConsul } from '../bed/consul.ts';
import { type BedOptions, layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { listing } from '../bed/nginx-listing.ts';
import { until } from '../bed/nginx-processes.ts';
import { check } from '../support/check.ts';
import { grant } from '../support/consul-acl.ts';
import { startConsulDouble } from '../support/consul-double.ts';
import { gateway, orphansOf, reloads } from '../support/gateway.ts';
import { flagsOf, launch, outputOf, runUpsync, startUpsync, type Upsync } from '../support/upsync.ts';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul();
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
});
afterAll(() => consul?.[Symbol.asyncDispose]());

const nowhere = { url: 'http://127.0.0.1:9' };

/** A gateway whose old workers do not stay for ever. */
function tidy(layout: Parameters<typeof gateway>[0] = {}): BedOptions {
  const options = gateway(layout);
  return {
    layout: (place) => {
      const files = options.layout?.(place) ?? {};
      return { ...files, 'nginx.conf': `worker_shutdown_timeout 30s;\n${files['nginx.conf']}` };
    },
  };
}

/** An nginx that runs a release, and the upsync that gave it. */
async function startWorking(): Promise<AsyncDisposable & { nginx: NginxBed; upsync: Upsync }> {
  const nginx = await startNginx(tidy());
  const upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  return {
    nginx,
    upsync,
    async [Symbol.asyncDispose]() {
      await upsync[Symbol.asyncDispose]();
      await nginx[Symbol.asyncDispose]();
    },
  };
}

/** What any nginx gets whose configuration does not set it, and one that is too old for it anyway. */
const unset = expect.objectContaining({
  level: 'warn',
  topic: 'reloads',
  what: expect.stringContaining('keepalive_min_timeout'),
});

/** A program that says to be another version, and is nginx otherwise. */
async function nginxThatSays(version: string, { folder }: NginxBed): Promise<string> {
  const path = join(folder, `nginx-${version}`);
  const lines = [
    '#!/bin/sh',
    `[ "$1" = -V ] && { echo "nginx version: nginx/${version}" >&2; exit; }`,
    'exec nginx "$@"',
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

test('where everything is well it says so line by line, ends with 0, and leaves nothing behind', async () => {
  await using bed = await startWorking();
  const { nginx, upsync } = bed;
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  const place = { consul, nginx, env: { TMPDIR: temporary } };
  const before = await listing(outputOf(nginx));

  const { code, warned, failed, about } = await check(place);
  expect({ code, warned, failed }).toEqual({ code: 0, warned: [unset], failed: [] });
  expect(about('consul')).toEqual([
    expect.stringMatching(/^Consul \d+\.\d+\.\d+ \(.*, dc1\) answers at http:.*, its cluster has a leader$/),
    '1 query on at most 100 connections, and the agent allows one client 200',
  ]);
  expect(about('service')).toEqual(['web1  1 instance takes traffic']);
  expect(about('nginx')).toEqual([
    expect.stringMatching(/^nginx\/[\d.]+ tests changes, and the same version runs$/),
  ]);
  expect(about('master')).toEqual([
    `nginx's master (pid ${await nginx.pid()}) runs with 2 workers, and may be signalled`,
  ]);
  expect(about('candidate')).toEqual(['nginx accepts what upsync would write now, which is what there is']);
  expect(about('upsync')).toEqual([
    expect.stringMatching(new RegExp(`^upsync \\S+ works on the folder \\(pid ${upsync.pid}\\)$`)),
  ]);
  expect(about('proof')).toEqual([expect.stringContaining('that it runs the newest release')]);

  expect(await listing(outputOf(nginx))).toEqual(before);
  expect(await readdir(temporary)).toEqual([]);
  expect(await reloads(nginx)).toBe(1);

  const { code: same, stdout, stderr } = await runUpsync(place, '--service', 'web1', 'check');
  expect({ same, stderr }).toEqual({ same: 0, stderr: '' });
  expect(stdout).toMatch(/^ok {4}consul +Consul .*\n\nWorks, with 1 warning\.\n$/s);
});

test('before the first run it tells what nginx lacks to start, and what upsync would write', async () => {
  await using nginx = await layNginx(tidy({ named: ['web1'] }));
  const { code, warned, failed, about } = await check({ consul, nginx });
  expect(code).toBe(1);
  expect(failed).toMatchObject([{ topic: 'master', what: 'nginx is not running', where: nginx.pidFile }]);
  expect(warned).toContainEqual({
    level: 'warn',
    topic: 'release',
    what: expect.stringMatching(/^nginx cannot start before there is one: host not found in upstream "web1"/),
    where: expect.stringContaining(`${nginx.conf}:`),
    remedy: expect.stringContaining('--once --apply --seed'),
  });
  expect(about('candidate')).toEqual([expect.stringContaining('which would change http/upstreams.conf')]);
  expect(about('upsync')).toEqual(['none works on the folder yet']);
  expect(await readdir(nginx.folder)).not.toContain('upsync');
});

test('it ends when it is told to, and leaves nothing behind then either', async () => {
  const asked = Promise.withResolvers<void>();
  await using silent = await startConsulDouble(() => asked.resolve());
  await using nginx = await layNginx(tidy());
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  const args = [...flagsOf({ consul: silent, nginx }), 'check', '--service', 'web1'];
  await using upsync = launch('src/main.ts', args, { TMPDIR: temporary });
  await asked.promise;
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 1, signal: null });
  expect(upsync.text()).toBe('upsync: stopped before it was done\n');
  expect(await readdir(temporary)).toEqual([]);
});

describe('Consul', () => {
  test('that is not there is said once, and what nginx has is tested all the same', async () => {
    await using bed = await startWorking();
    const { code, failed, about } = await check({ ...bed, consul: nowhere });
    expect({ code, failed }).toEqual({
      code: 1,
      failed: [
        {
          level: 'fail',
          topic: 'consul',
          what: 'connection refused',
          where: 'http://127.0.0.1:9/v1/status/leader',
          remedy: 'is the Consul agent running there?',
        },
      ],
    });
    expect(about('candidate')).toEqual([
      'nginx accepts what upsync would write now (with the last known servers where Consul did not answer), which is what there is',
    ]);
  });

  test('that does not answer is not waited for long', async () => {
    await using silent = await startConsulDouble(() => undefined);
    await using nginx = await startNginx(tidy());
    const { code, failed } = await check({ consul: silent, nginx });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ topic: 'consul', what: 'no answer in time' }]);
  });

  test('whose certificate authority cannot be read is told of with the file', async () => {
    await using nginx = await startNginx(tidy());
    const ca = join(nginx.folder, 'none.pem');
    const flags = ['--consul', 'https://127.0.0.1:9', '--consul-tls-ca-file', ca];
    const { code, failed } = await check({ consul, nginx }, ...flags);
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ topic: 'consul', where: ca, remedy: 'check consul.tls' }]);
  });

  test('in which nobody of a service is well, or somebody is odd, gets a warning for each', async () => {
    await using nginx = await startNginx(tidy());
    await consul.register({ id: 'sick-1', name: 'sick', port: 9, health: 'critical' });
    await consul.register({ id: 'odd-1', name: 'odd', port: 9 });
    await consul.register({ id: 'odd-2', name: 'odd', port: 9, address: 'a;b' });
    const services = ['sick', 'odd', 'absent', 'tagged=web1'].flatMap((name) => ['--service', name]);
    const config = join(nginx.folder, 'upsync.yaml');
    await writeFile(config, 'upstreams: {tagged: {service: web1, tags: [v2]}, web1: {service: web1}}\n');
    const { code, warned, about } = await check({ consul, nginx }, '--config', config, ...services);
    expect(code).toBe(0);
    expect(warned.filter(({ topic }) => topic === 'service')).toMatchObject([
      { what: 'absent  0 registered, it answers 503', remedy: 'register it, or mend its name' },
      { what: expect.stringMatching(/^odd {2}dc1\/.*\/odd-2 is left out: "a;b" is not an IP address/) },
      { what: 'sick  1 registered, not healthy, it answers 503', remedy: 'see its checks in Consul' },
      {
        what: 'tagged  1 registered, none with all its tags, it answers 503',
        remedy: 'it follows those with "v2" alone',
      },
    ]);
    expect(about('service')).toContain('odd  1 instance takes traffic, 1 left out');
  });
});

describe('a token', () => {
  let guarded: Consul;
  let nginx: NginxBed;

  beforeAll(async () => {
    guarded = await startConsul({ acl: true });
    await guarded.register({ id: 'web1-1', name: 'web1', port: 9 });
    nginx = await startNginx(tidy());
  });
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await guarded?.[Symbol.asyncDispose]();
  });

  const checkWith = (token: string) => check({ consul: guarded, nginx, env: { CONSUL_HTTP_TOKEN: token } });

  test('that Consul does not know fails, and is not repeated', async () => {
    const token = 'd0000000-0000-0000-0000-00000000dead';
    const checked = await checkWith(token);
    expect(checked.code).toBe(1);
    expect(checked.failed).toMatchObject([
      { topic: 'token', what: 'Consul denied the token (403: ACL not found)' },
    ]);
    expect(JSON.stringify(checked)).not.toContain(token);
  });

  test('that is missing fails with what it must be given', async () => {
    expect((await check({ consul: guarded, nginx })).failed).toMatchObject([
      {
        topic: 'token',
        what: 'without a token one sees no service at all',
        remedy: expect.stringMatching(/^give one with service_prefix "" .* node_prefix ""/),
      },
    ]);
  });

  test.each([
    [
      'sees nothing',
      'key_prefix "" { policy = "read" }',
      { topic: 'token', what: 'the token sees no service at all' },
    ],
    [
      'may not read nodes',
      'service_prefix "" { policy = "read" }',
      { topic: 'service', what: expect.stringMatching(/^empty answer for web1 not believed: .*node_prefix/) },
    ],
  ])('that %s fails', async (_, rules, finding) => {
    const { code, failed } = await checkWith((await grant(guarded, rules)).token);
    expect(code).toBe(1);
    expect(failed).toMatchObject([finding]);
  });

  test('that suffices passes, though it sees no version and not the service "consul"', async () => {
    const rules = 'service "web1" { policy = "read" } node_prefix "" { policy = "read" }';
    const { code, warned, about } = await checkWith((await grant(guarded, rules)).token);
    expect(code).toBe(0);
    expect(warned).toContainEqual({
      level: 'warn',
      topic: 'token',
      what: expect.stringContaining('does not see the service "consul"'),
      remedy: 'add service "consul" { policy = "read" } to its policy',
    });
    expect(about('consul')[0]).toContain('its version takes a token with agent_prefix');
    expect(about('token')).toContain('valid; sees 1 service');
  });
});

describe('nginx', () => {
  test('whose configuration lacks the include fails once, with the line to add', async () => {
    await using nginx = await startNginx({
      layout: ({ main, http, host, port }) => ({
        'nginx.conf': `${main}\nevents {}\nhttp {\n${http}\nserver { listen ${host}:${port}; return 200 bed; }\n}\n`,
      }),
    });
    const { code, failed, warned } = await check({ consul, nginx });
    expect({ code, failed }).toEqual({
      code: 1,
      failed: [
        {
          level: 'fail',
          topic: 'conf',
          what: "nginx.conf does not include the managed folder's http part",
          where: nginx.conf,
          remedy: `add \`include ${outputOf(nginx)}/http/*.conf;\` inside its http block`,
        },
      ],
    });
    expect(warned).toEqual([
      {
        level: 'warn',
        topic: 'reloads',
        what: 'worker_shutdown_timeout is not set: after a reload old workers stay as long as their longest connection',
        where: nginx.conf,
        remedy: 'add `worker_shutdown_timeout 30s;` at its top, outside of all blocks',
      },
      unset,
    ]);
  });

  test('that has become invalid since it started fails with file and line', async () => {
    await using bed = await startWorking();
    await writeFile(bed.nginx.conf, 'events {}\nhttp {\n  include upsync/http/*.conf;\n  bogus on;\n}\n');
    const { code, failed } = await check({ ...bed, consul });
    expect(code).toBe(1);
    expect(failed).toContainEqual({
      level: 'fail',
      topic: 'conf',
      what: 'unknown directive "bogus"',
      where: `${bed.nginx.conf}:4`,
    });
  });

  test('whose master was killed fails with the workers that are left, as far as they can be told', async () => {
    await using nginx = await startNginx(tidy());
    await nginx.kill();
    const fresh = await check({ consul, nginx });
    expect(fresh.code).toBe(1);
    expect(fresh.failed).toMatchObject([{ topic: 'master', what: 'nginx is not running' }]);
    const [suspicion] = fresh.warned.filter(({ topic }) => topic === 'master');
    for (const worker of await orphansOf(nginx)) expect(suspicion?.remedy).toMatch(`${worker}`);

    await using bed = await startWorking();
    await bed.nginx.kill();
    const left = (await orphansOf(bed.nginx)).join(' ');
    expect(await check({ ...bed, consul })).toMatchObject({
      code: 1,
      failed: [{ topic: 'master', remedy: `end them (kill -QUIT ${left}), then start nginx` }],
      warned: [unset],
    });
  });

  test('that is tested by another version than it runs gets a warning', async () => {
    await using nginx = await startNginx(tidy());
    const other = await nginxThatSays('1.31.0', nginx);
    const flags = ['--nginx-bin', other, '--nginx-pid', nginx.pidFile];
    const { code, warned } = await check({ consul, nginx }, ...flags);
    expect(code).toBe(0);
    expect(warned).toMatchObject([
      {
        topic: 'nginx',
        what: expect.stringMatching(/^it is nginx\/\d\S+, and candidates are tested with nginx\/1\.31\.0$/),
        remedy: expect.stringContaining('--nginx-bin'),
      },
      unset,
    ]);
  });

  test.each([
    ['1.26.3', /^nginx\/1\.26\.3 is too old for keepalive_min_timeout: /],
    ['1.27.4', /^keepalive_min_timeout is not set: /],
  ])('of version %s is told what it lacks to lose no request in a reload', async (version, words) => {
    await using nginx = await layNginx(tidy());
    const flags = ['--nginx-bin', await nginxThatSays(version, nginx), '--nginx-pid', nginx.pidFile];
    const { about } = await check({ consul, nginx }, ...flags);
    expect(about('reloads')).toContainEqual(expect.stringMatching(words));
  });

  test('that is not installed fails', async () => {
    await using nginx = await startNginx(tidy());
    const { code, failed } = await check({ consul, nginx }, '--nginx-bin', '/none/nginx');
    expect(code).toBe(1);
    expect(failed).toEqual([
      {
        level: 'fail',
        topic: 'nginx',
        what: 'there is no such program',
        where: '/none/nginx',
        remedy: 'install nginx here, or set --nginx-bin',
      },
    ]);
  });

  test('whose place for proofs somebody else holds gets another one, and fails where there is none', async () => {
    await using nginx = await startNginx(tidy());
    const { ask } = proofServer('auto', outputOf(nginx));
    const [host, port] = ask.split(':');
    const holder = createServer((_, response) => response.end('another')).listen(Number(port), host);
    await once(holder, 'listening');
    const moved = await check({ consul, nginx });
    const fixed = await check({ consul, nginx }, '--nginx-proof', ask);
    holder.close();
    expect(moved).toMatchObject({ code: 0, failed: [] });
    expect(moved.warned).toContainEqual({
      level: 'warn',
      topic: 'proof',
      what: expect.stringMatching(
        /^another process listens here: the next release listens on 127\.\S+ instead$/,
      ),
      where: ask,
    });
    expect(fixed).toMatchObject({
      code: 1,
      failed: [{ topic: 'proof', what: expect.stringMatching(/^another process listens where/), where: ask }],
    });
  });
});

/** Another user, who may read everything, wherever this clone lies, and has no other right. */
const reader = [
  ...['--reuid', '65534', '--regid', '65534', '--clear-groups'],
  ...['--inh-caps', '--ambient-caps', '--bounding-set'].flatMap((set) => [set, '-all,+dac_read_search']),
];

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  'another user than started nginx may neither signal it nor write the folder, and is told so',
  async () => {
    await using bed = await startWorking();
    const { code, failed } = await check({ ...bed, consul, privileges: reader });
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      {
        topic: 'master',
        what: `nginx's master (pid ${await bed.nginx.pid()}) cannot be signalled: permission denied`,
        remedy: 'run upsync as the user that started nginx (usually root)',
      },
      { topic: 'output', what: 'upsync may not write there', where: outputOf(bed.nginx) },
    ]);
  },
);

describe('the managed folder', () => {
  test('whose current release is gone fails: nginx could not start', async () => {
    await using bed = await startWorking();
    await bed.upsync.kill();
    await rm(join(outputOf(bed.nginx), 'releases'), { recursive: true });
    const { code, failed } = await check({ ...bed, consul });
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      {
        topic: 'release',
        what: expect.stringMatching(/^it leads to releases\/.*, which is not there: nginx cannot start$/),
        where: join(outputOf(bed.nginx), 'current'),
      },
    ]);
  });

  test('that nginx does not run fails, and tells that no upsync works on it', async () => {
    await using bed = await startWorking();
    const { nginx, upsync } = bed;
    await upsync.kill();
    const link = join(outputOf(nginx), 'http/upsync.conf');
    await rm(link);
    await nginx.restart();
    await symlink('../current/http.conf', link);
    const { code, failed, warned } = await check({ nginx, consul });
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      { topic: 'proof', what: expect.stringMatching(/^nginx runs, but not with/) },
    ]);
    expect(warned).toMatchObject([
      unset,
      { topic: 'upsync', what: 'no upsync works on this folder: the last one was killed' },
    ]);
  });
});

describe('templates', () => {
  test.each([
    ['do not compile', '<% if %>', { topic: 'templates', where: expect.stringMatching(/own\.conf\.eta:1$/) }],
    [
      'fail with the present data',
      '<% it.upstream("none"); %>',
      { topic: 'templates', what: expect.stringMatching(/^there is no upstream none/) },
    ],
    [
      'wait for a key that is not there',
      "# <%= it.services().length %> <%= it.key('app/none') %>\n",
      { topic: 'templates', what: 'they wait for key app/none: nothing goes live until it is there' },
    ],
    [
      'write what nginx refuses',
      'bogus on;',
      { topic: 'candidate', what: 'unknown directive "bogus"', where: 'http/own.conf:1' },
    ],
    [
      'write for stream where nginx.conf does not include that',
      undefined,
      { topic: 'candidate', what: "nginx.conf does not include the managed folder's stream part" },
    ],
  ])('that %s fail, with what is amiss', async (_, text, finding) => {
    await using nginx = await startNginx(tidy());
    const templates = join(nginx.folder, 'templates');
    const path = join(templates, text === undefined ? 'stream/own.conf.eta' : 'own.conf.eta');
    await mkdir(join(templates, 'stream'), { recursive: true });
    await writeFile(path, text ?? '# nothing\n');
    const { code, failed } = await check({ consul, nginx }, '--templates', templates);
    expect(code).toBe(1);
    expect(failed).toMatchObject([finding]);
  });
});

describe('a gateway behind a FIFO', () => {
  /** What the gateway container's entrypoint does. */
  async function startReader(nginx: NginxBed): Promise<Disposable> {
    const script = 'mkfifo -m 600 "$0"; exec 3<>"$0"; while read -r _ <&3; do kill -HUP "$1"; done';
    const fifo = join(outputOf(nginx), 'reload.fifo');
    await mkdir(outputOf(nginx), { recursive: true });
    const reader = spawn('setpriv', [
      '--pdeathsig',
      'KILL',
      'sh',
      '-c',
      script,
      fifo,
      String(await nginx.pid()),
    ]);
    await until('the FIFO has a reader', async () => (await whyUnread(fifo)) === undefined);
    return { [Symbol.dispose]: () => reader.kill('SIGKILL') };
  }

  test('passes, and tells its version, without a look at its processes', async () => {
    await using nginx = await startNginx({ ...tidy(), ports: 3 });
    using _ = await startReader(nginx);
    const flags = ['--nginx-proof', `${nginx.host}:${nginx.ports[2]}`];
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', ...flags);
    await upsync.next('published', ({ proof }) => JSON.stringify(proof).includes('answers'));
    const { code, warned, failed, about } = await check({ consul, nginx }, ...flags);
    expect({ code, warned, failed }).toEqual({ code: 0, warned: [unset], failed: [] });
    expect(about('master')).toEqual(['the gateway reads the reload FIFO']);
    expect(about('nginx')).toEqual([expect.stringMatching(/tests changes, and the same version runs$/)]);

    const elsewhere = await check({ consul, nginx }, '--nginx-proof', '127.0.0.1:9');
    expect(elsewhere).toMatchObject({
      code: 1,
      failed: [
        {
          topic: 'proof',
          what: expect.stringContaining('does not answer what it runs'),
          where: '127.0.0.1:9',
        },
      ],
    });
    expect(elsewhere.warned).toContainEqual(
      expect.objectContaining({ topic: 'nginx', what: expect.stringContaining('cannot be seen from here') }),
    );
  });

  test.skipIf(!isRoot)('that reads it, where upsync may not write to it, fails', async () => {
    await using nginx = await startNginx(tidy());
    using _ = await startReader(nginx);
    const { code, failed } = await check({ consul, nginx, privileges: reader });
    expect(code).toBe(1);
    expect(failed).toContainEqual(
      expect.objectContaining({ topic: 'master', what: 'upsync may not write to the reload FIFO' }),
    );
  });

  test('that does not read it fails', async () => {
    await using nginx = await startNginx(tidy());
    const { code, failed } = await check({ consul, nginx }, '--nginx-signal', 'fifo');
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      { topic: 'master', what: expect.stringContaining('nobody reads the reload FIFO') },
    ]);
  });
});
