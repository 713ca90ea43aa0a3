import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Current } from './current.ts';
import { type Document, sendDocument } from './document.ts';
import type { Audience } from './events.ts';
import { piecesOf, whole } from './pieces.ts';
import { statusText } from './text.ts';

/** Nothing from elsewhere, nothing to elsewhere, and in nobody's frame. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers what can be asked; nothing can be changed. `documents` are files by path; one at `/` is for
 * browsers, while who asks for no HTML reads text there. `mayAsk` judges the `Host` that a request is for;
 * undefined where no browser can be asking.
 */
export function createHandler(
  current: Current,
  audience: Audience,
  documents: Readonly<Record<string, Document>>,
  mayAsk: ((host: string | undefined) => boolean) | undefined,
): Handler {
  const routes = new Map<string, Answer>([
    ['/status', (_, response) => send(response, 200, `${whole(piecesOf(current.status()))}\n`, json)],
    [
      '/metrics',
      async (_, response) => {
        const { metricsOf, metricsType } = await import('./metrics.ts');
        send(response, 200, await metricsOf(current.status()), metricsType);
      },
    ],
    [
      '/healthz',
      (_, response) => {
        const alive = current.isAlive();
        send(response, alive ? 200 : 503, alive ? 'ok\n' : 'the loop does not come round\n');
      },
    ],
    [
      '/readyz',
      (_, response) => {
        const reasons = current.notReady();
        const ready = reasons.length === 0;
        send(response, ready ? 200 : 503, ready ? 'ok\n' : `${reasons.join('\n')}\n`);
      },
    ],
    ['/events', (request, response) => follow(audience, request, response)],
    ...Object.entries(documents).map(([path, document]): [string, Answer] => [
      path,
      (request, response) => sendDocument(document, request, response),
    ]),
    [
      '/',
      (request, response) => {
        response.setHeader('vary', 'accept');
        const page = request.headers.accept?.includes('text/html') ? documents['/'] : undefined;
        if (page === undefined) send(response, 200, statusText(current.status()));
        else sendDocument(page, request, response);
      },
    ],
  ]);

  return (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    response.setHeader('cache-control', 'no-store');
    if (mayAsk?.(request.headers.host) === false) {
      return send(
        response,
        421,
        'This is the status of upsync, which answers to localhost, IP addresses, the host of --listen and what --listen-hosts names.\n',
      );
    }
    const answer = routes.get((request.url ?? '').replace(/\?.*$/s, ''));
    if (answer === undefined) return send(response, 404, `There are ${[...routes.keys()].join(' ')}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, 'There is nothing to change here.\n');
    }
    // A fault in telling must not end who tells.
    const answered = async () => answer(request, response);
    void answered().catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, `${error.message}\n`);
    });
  };
}

const json = 'application/json; charset=utf-8';
const eventStream = 'text/event-stream; charset=utf-8';

function follow(audience: Audience, request: IncomingMessage, response: ServerResponse): void {
  // Another site's page could not read it, but take up the places.
  if (request.headers['sec-fetch-site'] === 'cross-site') send(response, 403, 'Not for other sites.\n');
  else if (request.method === 'HEAD') send(response, 200, '', eventStream);
  else if (!audience.join(response)) {
    response.setHeader('retry-after', '10');
    send(response, 503, 'Too many are following already.\n');
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
