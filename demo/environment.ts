import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.ts';
import { makeFolder } from './folder.ts';
import { type Gateway, layGateway } from './gateway.ts';
import { type Load, layLoad } from './load.ts';
import { type DrillNode, servicePorts, startNode } from './node.ts';
import { assertFree, friendlyPort } from './ports.ts';
import { CleanUpProblem } from './problem.ts';
import type { Screen } from './screen.ts';
import { seed, startSidecar } from './sidecar.ts';

/** All that runs in the drill. It starts with node 1, and with nothing registered. */
export interface Environment extends AsyncDisposable {
  readonly nodes: Nodes;
  /** The one that upsync asks. */
  readonly consul: string;
  readonly gateway: Gateway;
  /** Where upsync's page is. */
  readonly status: string;
  readonly managed: string;
  readonly load: Load;
  readonly upsync: Child;
}

interface Nodes {
  get(number: number): DrillNode;
  /** A client agent that joins the server on node 1. */
  start(number: number): Promise<DrillNode>;
}

export async function startEnvironment(
  screen: Screen,
  via: string,
  signal: AbortSignal,
): Promise<Environment> {
  for (const number of [1, 2, 3]) await assertFree(`127.0.0.${number}`, Object.values(servicePorts));
  await using started = new AsyncDisposableStack();
  const folder = started.use(await makeFolder());
  const managed = join(folder.path, 'managed');

  const first = started.use(await startNode(1));
  signal.throwIfAborted();
  const gateway = started.use(await layGateway(await friendlyPort('127.0.0.1', 8080), managed));
  const statusPort = await friendlyPort('127.0.0.1', 9465);
  const options = { consul: first.consul.url, nginxConf: gateway.conf, output: managed, statusPort, via };
  await seed(options);
  signal.throwIfAborted();
  await gateway.start();
  const upsync = started.use(startSidecar(options, screen));
  await untilIdle(upsync, signal);
  const load = started.use(layLoad(gateway.url));
  signal.throwIfAborted();

  const running = started.move();
  const nodes = new Map([[1, first]]);
  return {
    nodes: {
      get(number) {
        const node = nodes.get(number);
        if (node === undefined) throw new Error(`node ${number} was not started`);
        return node;
      },
      async start(number) {
        const node = running.use(await startNode(number, first.consul.join));
        nodes.set(number, node);
        return node;
      },
    },
    consul: first.consul.url,
    gateway,
    status: `http://127.0.0.1:${statusPort}/`,
    managed,
    load,
    upsync,
    async [Symbol.asyncDispose]() {
      try {
        await running.disposeAsync();
      } catch (error) {
        throw new CleanUpProblem(error);
      }
    },
  };
}

/** Until it has looked around, and has nothing more to say. */
async function untilIdle(upsync: Child, signal: AbortSignal): Promise<void> {
  await upsync.spoke;
  while (upsync.silence() < 400) await sleep(20, undefined, { signal });
}
