import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Something that is the same for everybody until it changes: a page, a script, a style sheet. */
export interface Document {
  readonly type: string;
  readonly body: string | Buffer;
}

/** Answers with a document, or with 304 where the client has it. */
export function sendDocument(
  { type, body }: Document,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  // Kept, but asked for each time: the page and upsync must be of one version.
  response.setHeader('cache-control', 'no-cache');
  response.setHeader('etag', etag);
  if (known.some((tag) => tag === etag || tag === `W/${etag}` || tag === '*')) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
