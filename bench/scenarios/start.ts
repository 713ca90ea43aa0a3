import { take } from '../bed/farm.ts';
import { type Bench, type Scenario, toolsFor } from '../scenario.ts';
import { isEvent } from '../tools/report-lines.ts';
import type { Tool } from '../tools/tool.ts';
import { rotated, startTurn } from '../turn.ts';

const service = 'start';
const of = '1 service';
const serves = { of, what: 'start of the process → first answer through nginx', unit: 'ms' };
const proven = { of, what: 'start of the process → first proven release', unit: 'ms' };

export const start: Scenario = {
  name: 'start',
  title: 'The tool starts, beside an nginx that runs',
  async run(bench) {
    const tools = toolsFor(bench, serves);
    const { registry } = await bench.consul();
    const [backend] = take(await bench.farm(), 1);
    await registry.join(service, backend);
    for (let run = 0; run < bench.runs; run += 1) {
      for (const tool of rotated(tools, run)) {
        await once(bench, tool);
      }
    }
    await registry.leave(service, backend);
  },
};

async function once(bench: Bench, tool: Tool): Promise<void> {
  const { consul } = await bench.consul();
  await using turn = await startTurn(bench, tool, { consul, services: [service] });
  const { sidecar, servedAt } = turn;
  bench.record({ tool: tool.name, ...serves }, servedAt - sidecar.startedAt);
  if (tool !== bench.upsync) return;
  const published = await sidecar.log.first((text) => isEvent(text, 'published'), bench.signal);
  bench.record({ tool: tool.name, ...proven }, published.at - sidecar.startedAt);
}
