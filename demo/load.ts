import { z } from 'zod';
import { type Service, services } from './node.ts';
import type { Try } from './request.ts';
import { steadyClient } from './steady.ts';
import { Tally } from './tally.ts';

/** The steady client. */
export interface Load extends AsyncDisposable {
  start(): void;
  /** Counts what is sent from now on. */
  measure(): Tally;
}

/** Requests per second, to both services in turn. */
export const rate = 200;
/** So many callers share them, each on a keep-alive connection of its own: some 80 ms idle between two requests. */
export const connections = 16;

const body = z.object({ service: z.enum(services), node: z.string() });

export function layLoad(gateway: string): Load {
  const urls = services.map((service) => `${gateway}/${service}/`);
  let tally = new Tally();
  const client = steadyClient(urls, { rate, connections }, () => {
    const into = tally;
    const sentAt = performance.now();
    into.sent += 1;
    return (found, retried) => {
      if (retried) into.retried += 1;
      count(into, sentAt, found);
    };
  });
  return {
    start: client.start,
    measure() {
      tally = new Tally();
      return tally;
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A request is answered by a 200 from the service; all else is a loss. */
function count(tally: Tally, sentAt: number, found: Try): void {
  if (found.kind !== 'answer') {
    const why = found.kind === 'reset' ? 'reset twice' : found.why;
    tally.losses.push({ sentAt, why, tried: '' });
    return;
  }
  const { status, tried, worker } = found;
  const said = status === 200 ? whoAnswered(found.body) : undefined;
  if (said === undefined) {
    tally.losses.push({ sentAt, why: `status ${status}`, tried });
    return;
  }
  if (tried.includes(',')) tally.rerouted += 1;
  tally.answers.push({ at: performance.now(), ...said, worker });
}

export function whoAnswered(text: string): { service: Service; node: string } | undefined {
  try {
    const { service, node } = body.parse(JSON.parse(text));
    return { service, node };
  } catch {
    return undefined;
  }
}
