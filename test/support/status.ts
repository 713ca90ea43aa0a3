import { get, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { type Status, statusSchema } from '../../src/status/schema.ts';
import { outputOf, type Upsync } from './upsync.ts';

/** After the flags of a bed, which turn it off: any port that is free. */
export const listening = ['--listen', '127.0.0.1:0'] as const;

/** Where the upsync that was started last says that its status is; ends with a slash. */
export async function statusUrl(upsync: Upsync): Promise<string> {
  const { at } =
    upsync.lines.findLast(({ event }) => event === 'listening') ?? (await upsync.next('listening'));
  return String(at);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request over a connection of its own, with whatever headers. */
export function send(url: string | URL, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000);
    const sent = request(url, { agent: false, signal, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject).end();
  });
}

export async function statusOf(url: string): Promise<Status> {
  return statusSchema.parse(JSON.parse((await send(`${url}status`)).body));
}

/** For a request by the control socket. */
export function controlSocket(nginx: { readonly folder: string }, path = '/status'): RequestOptions {
  return { socketPath: join(outputOf(nginx), 'upsync.sock'), path, agent: false };
}

/** Opens `/events` and never reads what comes. */
export function neverReading(url: string): Disposable {
  const sent = get(`${url}events`, { agent: false }, (response) => response.pause());
  sent.on('error', () => undefined);
  return { [Symbol.dispose]: () => sent.destroy() };
}
