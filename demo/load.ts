import { Agent } from 'node:http';
import { z } from 'zod';
import { type Service, services } from './node.ts';
import { type Try, tryGet } from './request.ts';
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
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true }));
  let timer: NodeJS.Timeout | undefined;
  let tally = new Tally();

  const send = async (into: Tally, url: string, agent: Agent | undefined) => {
    const sentAt = performance.now();
    into.sent += 1;
    let found = await tryGet(url, agent);
    if (found.kind === 'reset') {
      into.retried += 1;
      found = await tryGet(url);
    }
    count(into, sentAt, found);
  };

  return {
    start() {
      const since = performance.now();
      let total = 0;
      // Paced by the clock: a timer that came late is made up for.
      timer = setInterval(() => {
        const due = ((performance.now() - since) * rate) / 1000;
        for (; total < due; total += 1) {
          const service = services[total % services.length];
          void send(tally, `${gateway}/${service}/`, agents[total % agents.length]);
        }
      }, 1000 / rate);
    },
    measure() {
      tally = new Tally();
      return tally;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const agent of agents) agent.destroy();
    },
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
