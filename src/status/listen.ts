import { once } from 'node:events';
import { createServer } from '../http.ts';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Handler } from './handler.ts';

export interface Place {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** ms until it is tried again. */
const retry = 5_000;
/** ms that a client may leave its connection idle, or what it was sent unread. */
export const idle = 30_000;

/**
 * Listens until `signal` aborts. A place that cannot be had ends nothing: it is reported and tried again,
 * for nginx is to be kept in step whether somebody looks on or not.
 */
export async function listen(
  { host, port }: Place,
  handler: Handler,
  clock: Clock,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, handler);
  server.maxConnections = 128;
  server.timeout = idle;
  const url = (bound: number) => `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`;
  while (!signal.aborted) {
    try {
      server.listen({ host, port });
      await once(server, 'listening');
      break;
    } catch (error) {
      report({ type: 'listening', at: url(port), problem: problemOfListening(error) });
      await clock.sleep(retry, signal);
    }
  }
  if (signal.aborted) {
    server.close();
    return;
  }
  // Too many open files, say: it passes, and the connection that it hits is closed.
  server.on('error', (error) => report({ type: 'problem', problem: problemOfListening(error) }));
  const address = server.address();
  report({ type: 'listening', at: url(typeof address === 'object' && address ? address.port : port) });
  await new Promise<void>((resolve) => {
    const end = () => {
      server.close(() => resolve());
      // Who follows is told the last before.
      setImmediate(() => server.closeAllConnections());
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const reasons: Readonly<Record<string, Problem>> = {
  EADDRINUSE: { what: 'the port is taken', remedy: 'choose another --listen, or --no-listen' },
  EACCES: { what: 'upsync may not listen there', remedy: 'choose a --listen with a port above 1023' },
  EADDRNOTAVAIL: { what: 'this machine has no such address', remedy: 'correct --listen' },
  ENOTFOUND: { what: 'the host name is unknown', remedy: 'correct --listen' },
};

function problemOfListening(error: unknown): Problem {
  if (!(error instanceof Error)) return { what: String(error) };
  const code = 'code' in error ? String(error.code) : '';
  return reasons[code] ?? { what: error.message };
}
