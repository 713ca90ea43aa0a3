import { take } from '../bed/farm.ts';
import { cpuTime, residentMemory } from '../bed/process.ts';
import { type Bench, noConsulTemplate, type Scenario } from '../scenario.ts';
import { startTurn, type Turn } from '../turn.ts';

const service = 'memory';
const of = '1 service, idle for a minute';
const resident = { of, what: 'resident memory', unit: 'MiB' };
const idle = { of, what: 'CPU, of one core', unit: '%' };

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory',
  async run(bench) {
    const consulTemplate = bench.consulTemplate();
    if (consulTemplate === undefined)
      bench.absent({ tool: 'consul-template', ...resident }, noConsulTemplate);
    const { consul, registry } = await bench.consul();
    const [backend] = take(await bench.farm(), 1);
    await registry.join(service, backend);
    // Idle ones do not disturb each other: all wait at once.
    await using running = new AsyncDisposableStack();
    const turns: { readonly name: string; readonly turn: Turn }[] = [];
    for (let run = 0; run < bench.runs; run += 1) {
      for (const tool of [bench.upsync, ...(consulTemplate === undefined ? [] : [consulTemplate])]) {
        const turn = running.use(await startTurn(bench, tool, { consul, services: [service] }));
        turns.push({ name: tool.name, turn });
      }
    }
    await Promise.all(turns.map(({ name, turn }) => idleOf(bench, name, turn.sidecar.pid)));
    await registry.leave(service, backend);
  },
};

async function idleOf(bench: Bench, tool: string, pid: number): Promise<void> {
  await bench.sleep(bench.few(30) * 1000);
  const [before, since] = [await cpuTime(pid), performance.now()];
  await bench.sleep(bench.few(30) * 1000);
  const share = (await cpuTime(pid)) - before;
  bench.record({ tool, ...idle }, (share / (performance.now() - since)) * 100);
  bench.record({ tool, ...resident }, await residentMemory(pid));
}
