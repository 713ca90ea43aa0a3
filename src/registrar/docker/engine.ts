import type { Host } from '../container.ts';
import type { Engine } from '../ports.ts';
import { createClient } from './client.ts';
import { decodeHost, decodeIds, decodeInspected, type Inspected, toContainer } from './decode.ts';
import { eventFilters, linesOf, toldBy } from './events.ts';
import type { DockerOptions } from './options.ts';

/** So many containers are looked into at once. */
const breadth = 8;

/** `stopped` asks for containers that have ended, too. Throws ProblemError where a TLS file cannot be read. */
export function createEngine(options: DockerOptions, { stopped }: { readonly stopped: boolean }): Engine {
  const client = createClient(options);
  const status = ['running', 'paused', ...(stopped ? ['restarting', 'exited'] : [])];
  // Asking is dear: the engine runs its runtimes to tell their versions. It stays until the engine restarts.
  let host: Host | undefined;
  // What happened while the stream was lost is told again from here, in ms.
  let seen: number | undefined;

  const inspect = async (id: string, signal: AbortSignal): Promise<Inspected | undefined> => {
    const answer = await client.get(`/containers/${encodeURIComponent(id)}/json`, {}, signal);
    // It went meanwhile.
    return answer === undefined ? undefined : decodeInspected(answer);
  };

  return {
    async inventory(signal) {
      host ??= decodeHost(await client.get('/info', {}, signal));
      const all = stopped ? { all: true } : {};
      const ids = decodeIds(await client.get('/containers/json', { ...all, filters: { status } }, signal));
      const found = await inTurns(ids, (id) => inspect(id, signal));
      const byId = new Map(found.map((one) => [one.Id, one]));
      const containers = found.map((one) => {
        // `container:<id>`: it shares the network of another one.
        const [, shared = ''] = /^container:(.*)$/.exec(one.HostConfig.NetworkMode) ?? [];
        return toContainer(one, byId.get(shared));
      });
      return { host, containers };
    },
    async *events(signal) {
      // The stream starts a little after the engine said so: whence two seconds more.
      const since = ((seen ?? Date.now() - 2_000) / 1000).toFixed(3);
      const stream = await client.stream('/events', { since, filters: eventFilters }, signal);
      host = undefined;
      yield { kind: 'connected' };
      for await (const line of linesOf(stream)) {
        const { event, at } = toldBy(line);
        seen = at ?? seen;
        yield event;
      }
    },
  };
}

/** What the work gives for each, in no order; a few at a time. */
async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R | undefined>,
): Promise<readonly R[]> {
  const rest = items.values();
  const results: R[] = [];
  const worker = async () => {
    for (const item of rest) {
      const result = await work(item);
      if (result !== undefined) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: breadth }, worker));
  return results;
}
