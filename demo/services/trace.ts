import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings } from './settings.ts';

/**
 * Loaded before everything else (`node --import ./trace.ts main.ts`): SkyWalking's agent changes Node's http and the
 * clients of MySQL and Redis before anyone uses them. Without a collector it is not even loaded.
 *
 * It sees what goes through `http.request` (axios does), mysql2's `query()` and ioredis. Of a global `fetch`, or of
 * mysql2's `execute()`, it would know nothing.
 */
export const stopTracing = await start();

/** Returns what sends the rest, in at most two seconds, and ends the tracing. */
async function start(): Promise<() => Promise<void>> {
  const { service, tracedAs, collector } = settings();
  if (collector === undefined) return async () => {};
  // In production the agent would put its complaints into a file of the working folder, where nobody reads them.
  process.env.SW_LOGGING_TARGET ??= 'console';
  const { default: loaded } = await import('skywalking-backend-js');
  const agent = loaded.default;
  agent.start({
    serviceName: service,
    serviceInstance: tracedAs,
    collectorAddress: collector,
    // Asked every few seconds by whoever watches our health: they would fill the list of traces.
    traceIgnorePath: 'GET:/healthz',
  });
  return async () => {
    // It would wait for ever for a span without end, and for 10 s for a collector that does not answer.
    await Promise.race([agent.flush(), sleep(2_000)]);
    agent.destroy();
  };
}

/** What is wrong with the settings is for main.ts to say. */
function settings() {
  try {
    return readSettings(process.env);
  } catch {
    return { service: '', tracedAs: '', collector: undefined };
  }
}
