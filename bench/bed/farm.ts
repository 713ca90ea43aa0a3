import { freePorts } from '../../test/bed/consul-ports.ts';
import { type NginxBed, startNginx } from '../../test/bed/nginx.ts';

/** So many backends, each of which answers with its name on a port of its own. */
export interface Farm extends AsyncDisposable {
  readonly backends: readonly Backend[];
}

export interface Backend {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

const address = '127.0.0.1';

/** One nginx is all of them: it answers faster than anything in front of it, and costs next to nothing. */
export async function startFarm(size: number): Promise<Farm> {
  // In this order they stand in an upstream, whoever writes it: where a new one stands decides how soon nginx asks it.
  const ports = (await freePorts(address, size)).toSorted((a, b) => a - b);
  const backends = ports.map((port, at) => ({ name: `b${at}`, address, port }));
  const servers = backends.map(
    ({ name, port }) => `server { listen ${address}:${port}; location / { return 200 "${name}"; } }`,
  );
  const bed: NginxBed = await startNginx({
    layout: ({ main, http, host, port }) => ({
      'nginx.conf': `${main}
worker_processes 1;
events { worker_connections 4096; }
http {
${http}
access_log off;
# Whoever asks is always the one that closes an idle connection.
keepalive_timeout 1h;
keepalive_requests 1000000;
server { listen ${host}:${port}; return 200 "farm"; }
${servers.join('\n')}
}
`,
    }),
  });
  return { backends, [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]() };
}

/** The first ones. */
export function take({ backends }: Farm, count: number): [Backend, ...Backend[]] {
  const [first, ...others] = backends.slice(0, count);
  if (first === undefined || others.length < count - 1) throw new Error(`the farm has no ${count} backends`);
  return [first, ...others];
}
