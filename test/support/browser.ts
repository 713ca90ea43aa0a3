import { createServer, type Server } from 'node:http';
import { type Browser, chromium } from 'playwright-core';
import { chromium as binary } from '../bed/chromium.ts';
import { listen } from './backend.ts';

/** A real Chromium that talks to nobody but to the pages it is led to. It ends with `await using`. */
export function startBrowser(): Promise<Browser> {
  if (binary === undefined) throw new Error('no Chromium: try `node test/bed/setup.mjs browser`');
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update'];
  return chromium.launch({
    executablePath: binary,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet, '--disable-sync'],
  });
}

/** Serves on a port of 127.0.0.1, and ends with `await using`. */
export async function serve(
  handler: Parameters<typeof createServer>[1],
): Promise<AsyncDisposable & { readonly url: string }> {
  const server: Server = createServer(handler);
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
