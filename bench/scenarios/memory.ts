import { take } from '../bed/farm.ts';
import { instancesOf } from '../bed/instances.ts';
import { cpuTime, residentMemory } from '../bed/process.ts';
import { type Bench, type Scenario, toolsFor } from '../scenario.ts';
import { heapOf } from '../tools/report-lines.ts';
import { startTurn, type Turn } from '../turn.ts';

const service = 'memory';
const of = '1 service, idle for a minute';
const resident = { of, what: 'resident memory', unit: 'MiB' };
const idle = { of, what: 'CPU, of one core', unit: '%' };

/** Services of which two instances each change at once, over and over: both tools' watches keep within Consul's limit. */
const changing = Array.from({ length: 50 }, (_, at) => `changing-${at}`);
const rounds = 100;
/** Longer than upsync waits for more to come, so that no two rounds become one. */
const apart = 600;

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory: idle, and over 10,000 changes',
  async run(bench) {
    const tools = toolsFor(bench, resident);
    const { consul, registry } = await bench.consul();
    const [backend] = take(await bench.farm(), 1);
    await registry.join(service, backend);
    await registry.fill(changing.flatMap((name, at) => instancesOf(name, 60_000 + at * 5, 5)));
    await using running = new AsyncDisposableStack();
    // Neither takes memory from the other: all wait, and change, at once.
    const idling: Promise<void>[] = [];
    for (let run = 0; run < bench.runs; run += 1) {
      for (const tool of tools) {
        const { sidecar } = running.use(await startTurn(bench, tool, { consul, services: [service] }));
        idling.push(idleOf(bench, tool.name, sidecar.pid));
      }
    }
    const churned: { readonly name: string; readonly turn: Turn }[] = [];
    for (const tool of tools) {
      const options = {
        consul,
        services: changing,
        preload: new URL('../../test/soak/heap.ts', import.meta.url),
      };
      churned.push({ name: tool.name, turn: running.use(await startTurn(bench, tool, options)) });
    }
    await Promise.all([...idling, churn(bench, churned)]);
    await registry.leave(service, backend);
  },
};

async function idleOf(bench: Bench, tool: string, pid: number): Promise<void> {
  await bench.sleep(bench.few(30) * 1000);
  const [before, since] = [await cpuTime(pid), performance.now()];
  await bench.sleep(bench.few(30) * 1000);
  const spent = (await cpuTime(pid)) - before;
  bench.record({ tool, ...idle }, (spent / (performance.now() - since)) * 100);
  bench.record({ tool, ...resident }, await residentMemory(pid));
}

/** Two instances of each service move to another port at once, `rounds` times; looked at ten times. */
async function churn(bench: Bench, turns: readonly { readonly name: string; readonly turn: Turn }[]) {
  const { registry } = await bench.consul();
  const all = bench.few(rounds);
  const began = performance.now();
  for (let round = 1; round <= all; round += 1) {
    await bench.sleep(began + round * apart - performance.now());
    const moved = changing.flatMap((name, at) => instancesOf(name, 60_000 + at * 5, 2));
    await registry.fill(moved.map((entry) => ({ ...entry, port: 1 + (round % 9) })));
    if (round % Math.ceil(all / 10) > 0) continue;
    const changes = round * changing.length * 2;
    const of = `50 services × 5, after ${changes.toLocaleString('en-US')} changes`;
    for (const { name, turn } of turns) {
      const key = { tool: name, of, size: changes, unit: 'MiB' };
      bench.record({ ...key, what: 'resident memory' }, await residentMemory(turn.sidecar.pid));
      if (name === bench.upsync.name) bench.record({ ...key, what: 'heap in use' }, await heap(bench, turn));
    }
  }
}

async function heap(bench: Bench, { sidecar }: Turn): Promise<number> {
  const since = performance.now();
  sidecar.signal('SIGUSR2');
  const isHeap = (text: string) => heapOf(text) !== undefined;
  const line = await sidecar.log.first(isHeap, bench.signal, { since });
  return heapOf(line.text) ?? Number.NaN;
}
