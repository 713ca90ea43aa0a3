import { constants } from 'node:fs';
import { access, readFile, realpath } from 'node:fs/promises';
import { get } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BedOptions, NginxBed, Place } from '../bed/nginx.ts';
import { holdersOf, runs, until } from '../bed/nginx-processes.ts';
import { workersByDefault } from '../bed/via.ts';

interface GatewayLayout {
  /** What stands first of all: modules to load. */
  readonly main?: string;
  readonly workers?: number;
  /** More for the http block. */
  readonly http?: string;
  /** What stands in a stream block; without it there is none. The module is to be loaded by `main`. */
  readonly stream?: (place: Place) => string;
  /** More for the server. */
  readonly server?: string;
  /** Upstreams named as they usually are: nginx does not start without them. By variable otherwise. */
  readonly named?: readonly string[];
}

/** An nginx that answers `/NAME` from the upstream of that name. */
export function gateway({
  workers = workersByDefault,
  main: first = '',
  http: more = '',
  stream,
  server = '',
  named = [],
}: GatewayLayout = {}): BedOptions {
  const locations = named.map((name) => `location /${name} { proxy_pass http://${name}; }`).join('\n');
  return {
    layout: (place) => {
      const { main, http, host, port } = place;
      return {
        'nginx.conf': `${first}
${main}
worker_processes ${workers};
events { worker_connections 512; }
http {
${http}
include upsync/http/*.conf;
proxy_connect_timeout 1s;
proxy_http_version 1.1;
proxy_set_header Connection "";
server {
  listen ${host}:${port};
  location = / { return 200 "gateway"; }
  ${named.length > 0 ? locations : 'location ~ ^/(?<upstream>[a-z0-9_-]+)$ { proxy_pass http://$upstream; }'}
  ${server}
}
${more}
}
${
  stream === undefined
    ? ''
    : `stream {
${stream(place)}
}`
}
`,
      };
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** One GET over a connection of its own. */
export function ask(url: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(5_000) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
  });
}

/** The status and body of so many requests, one after the other, each counted. */
export async function tally(url: string, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let each = 0; each < requests; each += 1) {
    const { status, body } = await ask(url);
    const key = status === 200 ? body : String(status);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** What is over in no time is to be seen by some requests all the same. */
const least = 12;

/** Asks on and on until it is stopped, and has asked so often at least, and counts as `tally` does. A pause in ms leaves the machine to others. */
export function steadily(url: string, pause = 0): { stop(): Promise<Record<string, number>> } {
  const counts: Record<string, number> = {};
  let stopped = false;
  const asked = (async () => {
    for (let requests = 0; !stopped || requests < least; requests += 1) {
      const { status, body } = await ask(url).catch((error: Error) => ({ status: 0, body: error.message }));
      const key = status === 200 ? body : `${status} ${body}`;
      counts[key] = (counts[key] ?? 0) + 1;
      if (pause > 0) await sleep(pause);
    }
    return counts;
  })();
  return {
    stop() {
      stopped = true;
      return asked;
    },
  };
}

/** Where PATH finds a program. */
export async function pathOf(program: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new Error(`PATH has no ${program}`);
}

/** What has to come by itself within 5 s of a fault's end; a busy machine may take twice as long. */
export async function soon<T>(what: Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await what;
  const took = performance.now() - began;
  if (took > 10_000) throw new Error(`it came after ${Math.round(took)} ms`);
  return result;
}

/** How often nginx took up a new configuration since it was started, as its error log says. */
export async function reloads(nginx: NginxBed): Promise<number> {
  return (await nginx.errorLog()).match(/\[notice\] .*: reconfiguring$/gm)?.length ?? 0;
}

/** The workers of a master that was killed. */
export function orphansOf(nginx: NginxBed): Promise<readonly number[]> {
  return holdersOf(join(nginx.folder, 'logs/error.log'));
}

export async function endOrphans(nginx: NginxBed): Promise<void> {
  for (const worker of await orphansOf(nginx)) {
    process.kill(worker, 'SIGKILL');
    await until(`worker ${worker} ends`, async () => !(await runs(worker)));
  }
}

/** Master and workers at once, as when the machine goes down. */
export async function killAll(nginx: NginxBed): Promise<void> {
  await nginx.kill();
  await endOrphans(nginx);
}

/** The managed folder's rendered file that is live. It lies beside what `http.conf` leads to. */
export async function rendered(nginx: NginxBed, name = 'http/upstreams.conf'): Promise<string> {
  const frame = await realpath(join(nginx.folder, 'upsync/current/http.conf'));
  return readFile(join(dirname(frame), name), 'utf8');
}
