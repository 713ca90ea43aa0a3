import { type SteadyClient, steadyClient } from '../../demo/steady.ts';
import { type Backend, take } from '../bed/farm.ts';
import { hasMinTimeout, nginxVersion } from '../bed/gateway.ts';
import { cpuTime } from '../bed/process.ts';
import type { Registry } from '../bed/registry.ts';
import { type Bench, type Scenario, toolsWithPush } from '../scenario.ts';
import type { Tool } from '../tools/tool.ts';
import { rotated, startTurn } from '../turn.ts';

const service = 'churn';
const seconds = 10;
/** Between two changes, in ms; what costs no reload is tried with five times as many too. */
const apart = 250;
const soon = 50;
const lost = { what: 'requests lost, if sent once', unit: '' };
/** Each connection is idle for some 50 ms between two requests. */
const pace = { rate: 1_000, connections: 50 };

export const churn: Scenario = {
  name: 'churn',
  title: `${seconds} s of joins and leaves, 4 a second, under ${pace.rate} requests a second on ${pace.connections} kept connections`,
  async run(bench) {
    const version = await nginxVersion();
    const of = `nginx ${version}`;
    const tools = toolsWithPush(bench, { of, ...lost }, { command: 'nginx -s reload' });
    // As the README advises.
    const http = hasMinTimeout(version) ? 'keepalive_min_timeout 2s;' : '';
    for (let run = 0; run < bench.runs; run += 1) {
      // The last, with the slower command, is here for its processor time: once is enough.
      for (const tool of rotated(run === 0 ? tools : tools.slice(0, -1), run))
        await once(bench, tool, of, http);
      if (bench.pushing !== undefined)
        await once(bench, bench.pushing, `${of}, ${1000 / soon} a second`, http, soon);
    }
  },
};

async function once(bench: Bench, tool: Tool, of: string, http: string, pause = apart): Promise<void> {
  const record = (what: string, unit: string, value: number) =>
    bench.record({ tool: tool.name, of, what, unit }, value);
  const { consul, registry } = await bench.consul();
  const backends = take(await bench.farm(), 8);
  const present = backends.slice(0, 4);
  for (const backend of present) await registry.join(service, backend);
  await using turn = await startTurn(bench, tool, { consul, services: [service], http });
  const { sidecar, gateway } = turn;
  await bench.sleep(500);
  const counts = { sent: 0, resent: 0, failed: 0 };
  await using client = client200(`${gateway.bed.url}/${service}`, counts);
  client.start();
  const before = { cpu: await cpuTime(sidecar.pid), reloads: gateway.reloads.length };
  await change(bench, registry, backends, present, pause);
  await bench.sleep(1_000);
  const cpu = (await cpuTime(sidecar.pid)) - before.cpu;
  await client[Symbol.asyncDispose]();
  record('requests', '', counts.sent);
  record(lost.what, lost.unit, counts.resent + counts.failed);
  record('requests lost, if sent again on a new connection', '', counts.failed);
  record('reloads', '', gateway.reloads.length - before.reloads);
  record('CPU of the sidecar and its children', 'ms', cpu);
  for (const backend of present) await registry.leave(service, backend);
}

/** In turn, one joins and the one that has been there longest leaves; nobody stops answering. */
async function change(
  bench: Bench,
  registry: Registry,
  backends: readonly Backend[],
  present: Backend[],
  pause: number,
): Promise<void> {
  const began = performance.now();
  const changes = (bench.few(seconds) * 1000) / pause;
  for (let each = 0; each < changes; each += 1) {
    await bench.sleep(began + each * pause - performance.now());
    const absent = backends.find((backend) => !present.includes(backend));
    if (each % 2 === 0 && absent !== undefined) {
      present.push(absent);
      await registry.join(service, absent);
      continue;
    }
    const oldest = present.shift();
    if (oldest !== undefined) await registry.leave(service, oldest);
  }
}

interface Counts {
  sent: number;
  /** Met a connection that was just closed. */
  resent: number;
  /** Got no 200, even so. */
  failed: number;
}

function client200(url: string, counts: Counts): SteadyClient {
  return steadyClient([url], pace, () => {
    counts.sent += 1;
    return (found, retried) => {
      if (found.kind !== 'answer' || found.status !== 200) counts.failed += 1;
      else if (retried) counts.resent += 1;
    };
  });
}
