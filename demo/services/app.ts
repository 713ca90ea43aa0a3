import { hostname } from 'node:os';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Part } from './parts.ts';
import type { Settings } from './settings.ts';

/** `leaving` is aborted once the instance is to go: health checks and kept connections hear of it at once. */
export function createApp(settings: Settings, parts: readonly Part[], leaving: AbortSignal): Express {
  const started = performance.now();
  // Of several containers on one machine each has a host name of its own.
  const instance = `${hostname()}:${settings.port}`;
  const who = { service: settings.service, node: settings.node, instance };

  const answer = (response: Response, status: number, body: object) => {
    // Whoever kept this connection hears in time that it ends, and sends its next request elsewhere.
    if (leaving.aborted) response.set('connection', 'close');
    response
      .status(status)
      .type('json')
      .send(`${JSON.stringify(body)}\n`);
  };

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.get('/', (_, response) => {
    answer(response, 200, { ...who, uptime: Math.round(performance.now() - started) });
  });

  app.get('/get', async (_, response) => {
    const found: Record<string, unknown> = {};
    // One after the other, so that a trace of it reads from top to bottom.
    for (const part of parts) found[part.name] = await ask(part);
    answer(response, 200, { ...who, ...found });
  });

  // Nothing about MySQL and the rest: an instance is not sick because of what all instances share.
  app.get('/healthz', (_, response) => {
    answer(response, leaving.aborted ? 503 : 200, { ...who, leaving: leaving.aborted });
  });

  app.use((request, response) => {
    answer(response, 404, { ...who, error: `${request.method} ${request.path} is nothing that we know` });
  });

  app.use((error: unknown, _: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else if (error instanceof PartFailed) answer(response, 502, { ...who, error: error.message });
    else answer(response, 500, { ...who, error: String(error) });
  });
  return app;
}

class PartFailed extends Error {}

async function ask(part: Part): Promise<unknown> {
  try {
    return await part.ask();
  } catch (cause) {
    throw new PartFailed(`${part.name}: ${inWords(cause)}`, { cause });
  }
}

/** Several addresses that all refuse make an error with a code and no message. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
