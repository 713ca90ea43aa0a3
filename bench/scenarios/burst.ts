import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, take } from '../bed/farm.ts';
import { type Answer, askOnce, pause } from '../bed/probe.ts';
import { type Bench, type Scenario, toolsWithPush } from '../scenario.ts';
import type { Tool } from '../tools/tool.ts';
import { rotated, startTurn, type Turn } from '../turn.ts';

const service = 'burst';
const count = 50;
const apart = 20;
/** Longer than any of the tools waits for more to come: then no more reload is to come either. */
const quiet = 1_300;

const reloads = { what: 'reloads', unit: '' };
const full = { what: 'last registration → all answer', unit: 'ms' };

export const burst: Scenario = {
  name: 'burst',
  title: `${count} instances join one service, ${apart} ms apart`,
  async run(bench) {
    const tools = toolsWithPush(bench, full, { wait: '100ms:1s' });
    for (let run = 0; run < bench.runs; run += 1) {
      for (const tool of rotated(tools, run)) await once(bench, tool);
    }
  },
};

async function once(bench: Bench, tool: Tool): Promise<void> {
  const { consul, registry } = await bench.consul();
  const [first, ...others] = take(await bench.farm(), 1 + count);
  await registry.join(service, first);
  // One worker: then whoever answers tells which configuration it has.
  await using turn = await startTurn(bench, tool, { consul, services: [service], workers: 1 });
  await bench.sleep(500);
  const before = turn.gateway.reloads.length;
  await using watch = keepAsking(turn);
  let lastSentAt = 0;
  const began = performance.now();
  const sent = others.map(async (backend, at) => {
    await bench.sleep(began + at * apart - performance.now());
    lastSentAt = await registry.join(service, backend);
  });
  await Promise.all(sent);
  const answered = () =>
    tool.lua === true ? lastAt(watch.answers, others) : fullAt(watch.answers, [first, ...others]);
  await untilQuiet(bench, turn, () => answered() !== undefined);
  bench.record({ tool: tool.name, ...reloads }, turn.gateway.reloads.length - before);
  bench.record({ tool: tool.name, ...full }, (answered() ?? Number.NaN) - lastSentAt);
  await Promise.all([first, ...others].map((backend) => registry.leave(service, backend)));
}

/** When a worker answered for the first time of which all backends were seen; undefined where there is none yet. */
function fullAt(answers: readonly Answer[], backends: readonly Backend[]): number | undefined {
  const workers = Map.groupBy(answers, ({ worker }) => worker).values();
  const complete = [...workers].filter((own) => {
    const seen = new Set(own.map(({ body }) => body));
    return backends.every(({ name }) => seen.has(name));
  });
  return complete.map(([answer]) => answer?.at ?? 0).sort((a, b) => a - b)[0];
}

/** No worker is replaced by push: it has them all once the last that joined has answered. */
function lastAt(answers: readonly Answer[], joined: readonly Backend[]): number | undefined {
  return answers.find(({ body }) => body === joined.at(-1)?.name)?.at;
}

function keepAsking({ gateway }: Turn): AsyncDisposable & { answers: readonly Answer[] } {
  const answers: Answer[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      answers.push(await askOnce(gateway.bed, `/${service}`));
      await sleep(pause);
    }
  })();
  return {
    answers,
    async [Symbol.asyncDispose]() {
      stopped = true;
      await asking;
    },
  };
}

async function untilQuiet(bench: Bench, { gateway, setup }: Turn, isFull: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const seen = gateway.reloads.length;
    await bench.sleep(quiet);
    if (gateway.reloads.length === seen && isFull()) return;
    if (performance.now() < deadline) continue;
    throw new Error(`some of ${count} instances of ${setup.services.join()} never answered`);
  }
}
