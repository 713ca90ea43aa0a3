import { Agent } from 'node:http';
import { type Try, tryGet } from './request.ts';

/** Asks at a steady rate, over keep-alive connections. Its end awaits what is under way. */
export interface SteadyClient extends AsyncDisposable {
  start(): void;
}

export interface Pace {
  /** Requests per second. */
  readonly rate: number;
  /** So many callers share them, each on a connection of its own. */
  readonly connections: number;
}

/** Called as a request is sent; what it returns is called once with what became of it. */
export type OnSend = (url: string) => (found: Try, retried: boolean) => void;

/** Asks the `urls` in turn. A request that met a closing idle connection is sent once more, on a new one. */
export function steadyClient(
  urls: readonly string[],
  { rate, connections }: Pace,
  onSend: OnSend,
): SteadyClient {
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true }));
  const open = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  const send = async (url: string, agent: Agent | undefined) => {
    const onEnd = onSend(url);
    const found = await tryGet(url, agent);
    if (found.kind === 'reset') onEnd(await tryGet(url), true);
    else onEnd(found, false);
  };

  return {
    start() {
      const since = performance.now();
      let total = 0;
      // Paced by the clock: a timer that came late is made up for.
      timer = setInterval(() => {
        const due = ((performance.now() - since) * rate) / 1000;
        for (; total < due; total += 1) {
          const url = urls[total % urls.length];
          if (url === undefined) return;
          const sent = send(url, agents[total % agents.length]);
          open.add(sent);
          void sent.then(() => open.delete(sent));
        }
      }, 1000 / rate);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all(open);
      for (const agent of agents) agent.destroy();
    },
  };
}
