import { execFile } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NginxBed, startNginx } from '../../test/bed/nginx.ts';
import { luaBuild } from '../../test/bed/nginx-lua.ts';

/** The nginx that a tool keeps in step. `/NAME` is answered by the upstream of that name, `/` by nginx itself. */
export interface Gateway extends AsyncDisposable {
  readonly bed: NginxBed;
  /** Where nginx includes `*.conf` in `http`, for a tool that writes one file. */
  readonly folder: string;
  /** When its master was seen to take up a new configuration, by `performance.now()`. */
  readonly reloads: readonly number[];
  /** Of the program. */
  readonly binary: string;
}

const nginxBinary = process.env.NGINX_BIN ?? 'nginx';

/** How it comes by its Lua module; undefined where it has none. */
export function luaOfNginx() {
  return luaBuild(nginxBinary);
}

export async function nginxVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)(nginxBinary, ['-v']);
  return /nginx\/(\S+)/.exec(stderr)?.[1] ?? 'unknown';
}

/** Whether it has `keepalive_min_timeout`, which is there from 1.27.4 on. */
export function hasMinTimeout(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major > 1 || minor > 27 || (minor === 27 && patch >= 4);
}

/** Each answer's `x-worker` is the pid of the worker that gave it. */
export async function startGateway({ workers = 2, http = '', lua = false } = {}): Promise<Gateway> {
  await using starting = new AsyncDisposableStack();
  const bed = starting.use(
    await startNginx({
      binary: nginxBinary,
      layout: (place) => ({
        'conf.d/README': 'for *.conf',
        'nginx.conf': `${lua ? (luaOfNginx()?.load ?? '') : ''}
${place.main}
worker_processes ${workers};
events { worker_connections 4096; }
http {
${place.http}
access_log off;
keepalive_requests 1000000;
${http}
include upsync/http/*.conf;
include conf.d/*.conf;
proxy_connect_timeout 1s;
proxy_http_version 1.1;
proxy_set_header Connection "";
add_header x-worker $pid always;
add_header x-tried $upstream_addr always;
server {
  listen ${place.host}:${place.port} backlog=4096;
  location = / { return 200 "gateway"; }
  location ~ ^/(?<upstream>[a-z0-9_-]+)$ { proxy_pass http://$upstream; }
}
}
`,
      }),
    }),
  );
  const folder = join(bed.folder, 'conf.d');
  await mkdir(folder, { recursive: true });
  const watched = starting.use(await watchReloads(join(bed.folder, 'logs/error.log')));
  const started = starting.move();
  return {
    bed,
    folder,
    reloads: watched.reloads,
    binary: nginxBinary,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** The master writes this line as the signal reaches it, before it reads anything. */
const line = /\[notice\] .*: reconfiguring$/gm;

async function watchReloads(path: string): Promise<AsyncDisposable & { reloads: readonly number[] }> {
  const reloads: number[] = [];
  const file = await open(path);
  let reading = Promise.resolve();
  let [at, rest] = [(await file.stat()).size, ''];
  const look = async (seenAt: number) => {
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      const text = rest + buffer.toString('utf8', 0, bytesRead);
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      for (const _ of text.slice(0, end).matchAll(line)) reloads.push(seenAt);
    }
  };
  const watcher: FSWatcher = watch(path, () => {
    const seenAt = performance.now();
    reading = reading.then(() => look(seenAt));
  });
  return {
    reloads,
    async [Symbol.asyncDispose]() {
      watcher.close();
      await reading;
      await file.close();
    },
  };
}
