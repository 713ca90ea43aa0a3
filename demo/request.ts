import { type Agent, get, type IncomingMessage } from 'node:http';

/** One try of a GET, as a client saw it end. */
export type Try =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly worker: string;
      readonly tried: string;
    }
  /** The connection had been idle and was closed as we used it: a browser then sends a GET once more. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'failed'; readonly why: string };

const patience = 2_000;

/** Never rejects. Without an agent, on a connection of its own. */
export function tryGet(url: string, agent?: Agent): Promise<Try> {
  return new Promise((resolve) => {
    const request = get(url, { agent: agent ?? false, timeout: patience }, (response) => {
      read(response).then(resolve, (error) =>
        resolve({ kind: 'failed', why: `the answer broke off: ${String(error)}` }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${patience / 1000} s`)));
    request.on('error', (error) => {
      const reset = 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      resolve(reset && request.reusedSocket ? { kind: 'reset' } : { kind: 'failed', why: error.message });
    });
  });
}

async function read(response: IncomingMessage): Promise<Try> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  const { 'x-worker': worker = '', 'x-tried': tried = '' } = response.headers;
  return {
    kind: 'answer',
    status: response.statusCode ?? 0,
    body,
    worker: String(worker),
    tried: String(tried),
  };
}
