import { request } from 'node:http';
import type { Peer, PushGateway } from './push.ts';

/** What came of one request. */
export interface Trial {
  readonly status: number;
  readonly body: string;
  /** The servers that nginx tried, one after the other. */
  readonly tried: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request over a connection of its own. */
export function attempt(url: string, { method = 'GET', headers = {} }: Ask = {}): Promise<Trial> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000);
    const asked = request(url, { agent: false, method, headers, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      const tried = String(response.headers['x-tried'] ?? '');
      response
        .on('error', reject)
        .on('end', () => resolve({ status: response.statusCode ?? 0, body, tried }));
    });
    asked.on('error', reject).end();
  });
}

/** The same requests one after the other to both balancers: what the Lua one tried, and nginx's own. */
export async function both(
  gateway: PushGateway,
  upstream: string,
  requests: readonly (Ask & { readonly path?: string })[],
): Promise<{ readonly push: readonly string[]; readonly native: readonly string[] }> {
  const send = async (kind: 'push' | 'native') => {
    const seen: string[] = [];
    for (const { path = '', ...rest } of requests) {
      const { status, tried } = await attempt(`${gateway.url}/${kind}/${upstream}${path}`, rest);
      seen.push(`${tried} ${status}`);
    }
    return seen;
  };
  const native = await send('native');
  // nginx names a whole upstream that it could not choose from; the balancer in Lua has only its stand-in.
  return { push: await send('push'), native };
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The release that each worker runs: asked until so many have answered. */
export async function releaseByWorker(gateway: PushGateway, workers: number): Promise<Map<number, string>> {
  const answers = new Map<number, string>();
  for (let asked = 0; answers.size < workers; asked += 1) {
    if (asked === 500) throw new Error(`${answers.size} of ${workers} workers answered 500 requests`);
    const { body } = await attempt(`${gateway.url}/release`);
    const [pid, release = ''] = body.split(' ');
    answers.set(Number(pid), release);
  }
  return answers;
}

/** Servers at the ports of these backends. */
export const at = (...backends: readonly { port: number }[]): Peer[] =>
  backends.map(({ port }) => ({ address: `127.0.0.1:${port}` }));

/** What so many requests were answered with, each answer once; the status where it is not 200. */
export async function bodies(gateway: PushGateway, count = 12, upstream = 'web'): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (const _ of times(count, () => 0)) {
    const { status, body } = await attempt(`${gateway.url}/push/${upstream}`);
    seen.add(status === 200 ? body : String(status));
  }
  return [...seen].sort();
}
