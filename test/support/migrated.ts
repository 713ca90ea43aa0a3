import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Consul } from '../bed/consul.ts';
import type { BedOptions, NginxBed } from '../bed/nginx.ts';
import { copyOf } from '../integration/fixtures/migrate/fixtures.ts';
import { environment } from '../integration/fixtures/migrate/state.ts';
import { runLine, runUpsync } from './upsync.ts';

/** An nginx as packages lay it: what consul-template wrote is included by its own paths. */
export const debian: BedOptions = {
  layout: ({ main, http, host, port }) => ({
    'nginx.conf': `include /etc/nginx/modules-enabled/*-stream.conf;
${main}
events { worker_connections 512; }
http {
${http}
  include upsync/http/*.conf;
  include conf.d/*.conf;
  server { listen ${host}:${port}; }
}
stream {
  include stream.d/*.conf;
}
`,
    'conf.d/none.conf': '',
    'stream.d/none.conf': '',
  }),
};

export interface Migrated {
  readonly consul: Consul;
  readonly nginx: NginxBed;
  /** Where the migrated files are. */
  readonly made: string;
  /** What migrate printed. */
  readonly report: string;
}

/** Lays a fixture down beside nginx, its paths and ports within the bed, and migrates it. */
export async function migrated(consul: Consul, nginx: NginxBed, name: string): Promise<Migrated> {
  const [made, original] = [join(nginx.folder, 'made'), join(nginx.folder, 'original')];
  await mkdir(original);
  await mkdir(join(nginx.folder, 'haproxy'));
  const files = await copyOf(name, original, (text) => within(text, nginx));
  const { code, stdout, stderr } = await runLine(['migrate', ...files, '--to', made], environment);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { consul, nginx, made, report: stdout };
}

export function within(text: string, { folder, host, ports }: NginxBed): string {
  return text
    .replaceAll('/etc/nginx/', `${folder}/`)
    .replaceAll('/etc/haproxy/', `${folder}/haproxy/`)
    .replaceAll('haproxy -c -f', 'grep -q balance')
    .replaceAll('systemctl reload haproxy', `touch ${folder}/reloaded`)
    .replaceAll(/127\.0\.0\.1:(8080|3306)/g, `${host}:${ports[1]}`)
    .replaceAll('"8081"', `"${ports[1]}"`)
    .replaceAll('listen 127.0.0.1:{{', `listen ${host}:{{`);
}

/** One pass of upsync, applied. */
export async function applied({ consul, nginx, made }: Migrated) {
  const flags = ['--config', join(made, 'upsync.yaml'), '--once', '--apply'];
  return runUpsync({ consul, nginx, env: environment }, ...flags);
}
