import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { createParts } from './parts.ts';
import { readSettings, type Settings } from './settings.ts';
import { stopTracing } from './trace.ts';

/** One instance of web1 or web2; its environment says which, and settings.ts what there is to say. */
try {
  await serve(readSettings(process.env));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // What has been opened by then would keep us alive.
  process.exit(1);
}

/** Resolves once it listens. On SIGTERM it drains, and ends. */
async function serve(settings: Settings): Promise<void> {
  const leaving = new AbortController();
  const parts = createParts(settings);
  const server = createServer(createApp(settings, parts, leaving.signal));
  // Longer than nginx keeps its idle connections (60 s): nginx is then always the one that closes them.
  server.keepAliveTimeout = 75_000;
  server.listen(settings.port, settings.address);
  await once(server, 'listening');
  const name = `${settings.service} of ${settings.node}`;
  console.log(`${name} listens on ${settings.address}:${settings.port}`);

  process.once('SIGTERM', async () => {
    leaving.abort();
    console.log(`${name} leaves: serves for ${settings.drain / 1_000} s more, then until the last answer`);
    // Until everyone who sends requests has heard of it.
    await sleep(settings.drain);
    await closed(server);
    await Promise.all(parts.map((part) => part.close()));
    await stopTracing();
    console.log(`${name} has left`);
    // Whatever the tracing still waits for.
    process.exit();
  });
}

/** Takes nothing new, and waits for the answers under way. */
async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
