import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { layNginx, type Place } from '../test/bed/nginx.ts';
import { luaBuild } from '../test/bed/nginx-lua.ts';

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly conf: string;
  start(): Promise<void>;
  /** How often nginx read its configuration anew, by its own error log. */
  reloads(): Promise<number>;
  /** What it was given, as a text that changes with each release and each reload. */
  state(): Promise<string>;
  /** The pids of the workers that run the newest configuration, as `x-worker` in the answers has them. */
  workers(): Promise<ReadonlySet<string>>;
}

/**
 * nginx as the gateway on 127.0.0.1:`port`, laid out but not started: its configuration includes the folder `managed`,
 * where upsync has yet to write.
 */
export async function layGateway(port: number, managed: string): Promise<Gateway> {
  const bed = await layNginx({
    host: '127.0.0.1',
    port,
    ports: 1,
    layout: (place) => ({ 'nginx.conf': configuration(place, managed) }),
  });
  const log = async () => (await bed.errorLog()).split('\n');
  const isReload = (line: string) => line.endsWith(': reconfiguring');
  return {
    url: bed.url,
    conf: bed.conf,
    start: bed.start,
    reloads: async () => (await log()).filter(isReload).length,
    state: async () =>
      `${await readlink(join(managed, 'current')).catch(() => '')} ${(await log()).filter(isReload).length}`,
    workers: async () => {
      const lines = await log();
      const newest = lines.slice(lines.findLastIndex(isReload) + 1);
      return new Set(newest.flatMap((line) => / start worker process (\d+)$/.exec(line)?.[1] ?? []));
    },
    [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose](),
  };
}

function configuration(bed: Place, managed: string): string {
  // Loaded where it is there, so that --via auto finds it.
  return `${luaBuild()?.load ?? ''}
${bed.main}
worker_processes 2;
events {}

http {
    ${bed.http.replaceAll('\n', '\n    ')}

    # The upstreams web1 and web2: upsync writes them, and nobody else.
    include ${join(managed, 'http/*.conf')};

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_connect_timeout 1s;
    # A request that a dying node did not answer goes to another node, if it may be repeated.
    proxy_next_upstream error timeout;

    # By these the drill's client sees which worker answered, and which instances it tried.
    add_header x-worker $pid always;
    add_header x-tried $upstream_addr always;

    server {
        listen ${bed.host}:${bed.port};
        location /web1/ { proxy_pass http://web1/; }
        location /web2/ { proxy_pass http://web2/; }
        location / { return 404 "try /web1/ or /web2/\\n"; }
    }
}
`;
}
