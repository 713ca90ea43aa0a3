import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCandidate } from '../../src/nginx/test.ts';
import { type Layout, layNginx, type NginxBed, type Place, startNginx } from '../bed/nginx.ts';
import { candidateFiles, candidateFolder } from '../bed/nginx-candidate.ts';
import { listing } from '../bed/nginx-listing.ts';

const never = new AbortController().signal;
// Weights this large under a consistent hash keep nginx busy for seconds.
const SLOW = `upstream slow { hash $uri consistent; ${'server 127.0.0.1:80 weight=65535; '.repeat(9)} }`;
const GOOD = 'upstream web1 { server 127.0.0.1:8080; }\n';
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'traces-'));
  vi.stubEnv('TMPDIR', temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

function withCandidate(layout: (place: Place) => Layout, upstreams = GOOD) {
  return { layout: (place: Place) => ({ ...layout(place), ...candidateFiles(place, upstreams) }) };
}

function judge(bed: NginxBed, signal = never) {
  const options = { binary: 'nginx', conf: bed.conf, output: join(bed.folder, 'upsync') };
  return testCandidate(options, { folder: candidateFolder(bed) }, signal);
}

/** The temporary folders of tests. */
async function stages() {
  return (await readdir(temporary)).filter((name) => name.startsWith('upsync-test-'));
}

/** Whether nginx is at work in one of them, even if it was taken away. */
async function nginxTests() {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    processes.map((process) => readFile(`/proc/${process}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.some(
    (command) => command.startsWith('nginx') && command.includes(`${temporary}/upsync-test-`),
  );
}

/** All that a test of this bed could write to: its own files and nginx's compiled-in places. */
async function surroundings(bed: NginxBed) {
  const places = [bed.folder, '/run/nginx.pid', '/var/lock/nginx.lock', '/var/log/nginx', '/var/lib/nginx'];
  const lines = (await Promise.all(places.map(listing))).flat();
  // A nginx that runs writes a log of its own, some of it after it first answers.
  const own =
    (await readFile(bed.pidFile).catch(() => undefined)) && `${join(bed.folder, 'logs/error.log')} `;
  return lines.filter((line) => own === undefined || !line.startsWith(own));
}

async function expectNoTrace(bed: NginxBed) {
  const before = await surroundings(bed);
  expect(await judge(bed)).toEqual({ kind: 'accepted', warnings: [] });
  expect(await surroundings(bed)).toEqual(before);
  expect(await stages()).toEqual([]);
}

const nothingConfigured = ({ host, port }: Place) => ({
  'nginx.conf': `events {} http { include upsync/http/*.conf; server { listen ${host}:${port}; } }`,
});

const everythingConfigured = ({ folder, host, port }: Place) => ({
  'nginx.conf': `user www-data;
load_module modules/ngx_stream_module.so;
pid ${folder}/none/nginx.pid;
lock_file none/lock;
error_log ${folder}/none/error.log;
error_log stderr warn;
error_log syslog:server=127.0.0.1 crit;
error_log /dev/stderr;
error_log off;
events {}
http {
  log_format short "$status";
  access_log ${folder}/none/access.log short buffer=32k;
  access_log ${folder}/none/access.log short buffer=32k;
  access_log /dev/stdout;
  access_log syslog:server=127.0.0.1;
  access_log none/relative.log;
  client_body_temp_path ${folder}/none/body 1 2;
  proxy_temp_path ${folder}/none/same;
  fastcgi_temp_path ${folder}/none/same;
  proxy_cache_path ${folder}/none/cache levels=1:2 keys_zone=a:1m;
  fastcgi_cache_path "${folder}/none/other cache" keys_zone=b:1m use_temp_path=off;
  include upsync/http/*.conf;
  server {
    listen ${host}:${port};
    listen unix:${folder}/none/http.sock;
    error_log ${folder}/none/server.log debug;
    access_log off;
    location / {
      proxy_temp_path ${folder}/none/location;
      proxy_cache a;
      access_log ${folder}/none/$host.log;
      if ($args) { access_log ${folder}/none/if.log; }
      limit_except GET { access_log ${folder}/none/except.log; }
    }
  }
  server {
    listen ${host}:${port};
    listen unix:${folder}/none/http.sock default_server;
    server_name two;
    access_log /dev/null;
  }
}
stream {
  log_format s "$status";
  access_log ${folder}/none/stream.log s;
  error_log ${folder}/none/stream-error.log;
  server { listen "unix:${folder}/none/stream.sock"; return ""; }
}
`,
});

test('a configuration that names no pid, log or temporary folder leaves no trace', async () => {
  await using bed = await layNginx(withCandidate(nothingConfigured));
  await expectNoTrace(bed);
});

test('nor does one that names them all, in a folder that does not exist', async () => {
  await using bed = await layNginx(withCandidate(everythingConfigured));
  await expectNoTrace(bed);
});

test('nor one where they are named in included files', async () => {
  await using bed = await layNginx(
    withCandidate(({ folder, host, port }) => ({
      'nginx.conf': 'include parts/*; events {}',
      'parts/main': `pid ${folder}/none/pid; error_log ${folder}/none/error.log;`,
      'parts/http': 'http { include http.d/*; include upsync/http/*.conf; }',
      'http.d/logs': `access_log ${folder}/none/access.log; proxy_temp_path ${folder}/none/proxy;`,
      'http.d/site': `server { listen ${host}:${port}; include logs.inc; }`,
      'logs.inc': `access_log ${folder}/none/site.log; client_body_temp_path ${folder}/none/body;`,
    })),
  );
  await expectNoTrace(bed);
});

test('a refused candidate leaves no trace either', async () => {
  await using bed = await layNginx(withCandidate(nothingConfigured, 'upstream a {'));
  const before = await surroundings(bed);
  expect((await judge(bed)).kind).toBe('refused');
  expect(await surroundings(bed)).toEqual(before);
  expect(await stages()).toEqual([]);
});

test('a large geo base that nginx would compile anew stays as it is', async () => {
  const ranges = Array.from({ length: 100_001 }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return `${address}-${address} ${index % 2};`;
  });
  await using bed = await layNginx(
    withCandidate(({ host, port }) => ({
      'nginx.conf': `events {} http { include upsync/http/*.conf; server { listen ${host}:${port}; }
geo $office { ranges; include office.geo; } }`,
      'office.geo': ranges.join('\n'),
      'office.geo.bin': 'compiled from an older base',
    })),
  );
  await utimes(join(bed.folder, 'office.geo.bin'), 1, 1);
  await expectNoTrace(bed);
});

test('nginx that runs on the same ports and sockets goes on undisturbed', async () => {
  await using bed = await startNginx(
    withCandidate(({ folder, host, port, main, http }) => ({
      'nginx.conf': `${main}
events {}
http { ${http} include upsync/http/*.conf;
server { listen ${host}:${port} reuseport; listen unix:${folder}/live.sock; return 200 "live"; } }`,
    })),
  );
  const { ino } = await stat(join(bed.folder, 'live.sock'));
  const pid = await bed.pid();
  await expectNoTrace(bed);
  expect((await stat(join(bed.folder, 'live.sock'))).ino).toBe(ino);
  expect(await bed.pid()).toBe(pid);
  expect(await (await fetch(bed.url)).text()).toBe('live');
});

test('an abort in the middle ends nginx and takes the temporary folder away', async () => {
  await using bed = await layNginx(withCandidate(nothingConfigured, SLOW));
  const abort = new AbortController();
  const running = judge(bed, abort.signal);
  await vi.waitUntil(nginxTests, { timeout: 5_000, interval: 5 });
  abort.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  expect(await nginxTests()).toBe(false);
  expect(await stages()).toEqual([]);
});

test('nginx that takes too long is ended, and said to have', async () => {
  await using bed = await layNginx(withCandidate(nothingConfigured, SLOW));
  const options = { binary: 'nginx', conf: bed.conf, output: join(bed.folder, 'upsync'), timeout: 200 };
  const verdict = await testCandidate(options, { folder: candidateFolder(bed) }, never);
  expect(verdict).toMatchObject({ problems: [{ what: 'nginx did not end within 0.2 s', where: 'nginx' }] });
  expect(await stages()).toEqual([]);
});
