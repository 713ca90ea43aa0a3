import { readFile } from 'node:fs/promises';
import { take } from '../bed/farm.ts';
import { connectionsTo, residentMemory } from '../bed/process.ts';
import type { Entry } from '../bed/registry.ts';
import { recordUsage } from '../bed/usage.ts';
import type { Wide } from '../bed/wide.ts';
import { startWire, through } from '../bed/wire.ts';
import { type Bench, type Scenario, toolsFor } from '../scenario.ts';
import { isEvent } from '../tools/report-lines.ts';
import type { ConsulAddress, Tool } from '../tools/tool.ts';
import { startTurn, type Turn } from '../turn.ts';

const size = '2,000 × 5';
const raised = 4_000;
const byDefault = 200;
/** For all changes, in ms. */
const longest = 40_000;
/** In seconds: for some twenty V8 collects what a start with thousands of services left. */
const settling = 25;

export const scale: Scenario = {
  name: 'scale',
  title: '2,000 services of 5 instances, all followed by one sidecar',
  // Once, whatever `--runs` says: a run takes minutes, and what tells is repeated within.
  async run(bench) {
    const wide = await bench.wide();
    const [, consulTemplate] = toolsFor(bench, { of: `${size}, HTTP`, ...followed });
    await follow(bench, { wide, tool: bench.upsync, consul: wide.http, of: `${size}, HTTP` });
    await follow(bench, { wide, tool: bench.upsync, consul: wide.https, of: `${size}, TLS` });
    if (consulTemplate === undefined) return;
    await giveUp(bench, { wide, tool: consulTemplate, consul: wide.http, of: `${size}, HTTP` });
    await wide.limit(raised);
    await follow(bench, { wide, tool: consulTemplate, consul: wide.http, of: `${size}, HTTP, no limit` });
    await wide.limit(byDefault);
  },
};

interface Case {
  readonly wide: Wide;
  readonly tool: Tool;
  readonly consul: ConsulAddress;
  readonly of: string;
}

const followed = { what: 'services followed', unit: '' };

async function follow(bench: Bench, { wide, tool, consul, of }: Case): Promise<void> {
  const record = (what: string, unit: string, ...values: number[]) =>
    bench.record({ tool: tool.name, of, what, unit }, ...values);
  bench.say(`${tool.name}, ${of}`);
  await using wire = await startWire(consul.url);
  const options = { consul: through(wire, consul), services: wide.services, patience: 120_000 };
  await using turn = await startTurn(bench, tool, options);
  const { sidecar, servedAt } = turn;
  record('start → first answer through nginx', 'ms', servedAt - sidecar.startedAt);
  if (tool === bench.upsync) {
    const published = await sidecar.log.first((text) => isEvent(text, 'published'), bench.signal);
    record('start → first proven release', 'ms', published.at - sidecar.startedAt);
  }
  record(followed.what, followed.unit, await countFollowed(tool, turn));
  record('connections', '', await connectionsTo(sidecar.pid, wire.port));
  const watched = { tool: tool.name, pids: [sidecar.pid], consul: wide.pid, wires: [wire] };
  await bench.sleep(bench.few(tool === bench.upsync ? settling : 5) * 1000);
  await recordUsage(bench, { ...watched, of: `${of}, idle` }, () => bench.sleep(bench.few(10) * 1000));
  record('resident memory, idle', 'MiB', await residentMemory(sidecar.pid));
  await recordUsage(bench, { ...watched, of: `${of}, a change a second` }, async () => {
    record('lone change → first answer', 'ms', ...(await changes(bench, wide, turn)));
  });
  record('connections at work', '', await connectionsTo(sidecar.pid, wire.port));
  record('resident memory, after changes', 'MiB', await residentMemory(sidecar.pid));
}

/** Instances join services at random, one a second; fewer where each takes long. */
async function changes(bench: Bench, wide: Wide, turn: Turn): Promise<number[]> {
  const [backend] = take(await bench.farm(), 1);
  const joined: Entry[] = [];
  const times: number[] = [];
  const deadline = performance.now() + longest;
  for (let each = 0; each < bench.few(20) && performance.now() < deadline; each += 1) {
    const began = performance.now();
    const service = wide.services[Math.floor(Math.random() * wide.services.length)] ?? '';
    if (joined.some((one) => one.service === service)) continue;
    const { address, port } = backend;
    const entry = { service, id: `${service}-joined`, node: `node-${each}`, address, port };
    joined.push(entry);
    const sentAt = await wide.registry.add(entry);
    const { at } = await turn.ask(service, ({ body }) => body === backend.name);
    times.push(at - sentAt);
    await bench.sleep(Math.max(300, 1000 - (performance.now() - began)));
  }
  await wide.registry.remove(joined);
  return times;
}

/** How far it gets with Consul's default limit, in ten seconds. */
async function giveUp(bench: Bench, { wide, tool, consul, of }: Case): Promise<void> {
  bench.say(`${tool.name}, ${of}`);
  await using wire = await startWire(consul.url);
  const options = { consul: through(wire, consul), services: wide.services, unserved: true } as const;
  await using turn = await startTurn(bench, tool, options);
  const { sidecar } = turn;
  const deadline = performance.now() + bench.few(10) * 1000;
  let connections = 0;
  while (sidecar.end() === undefined && performance.now() < deadline) {
    await bench.sleep(500);
    connections = Math.max(connections, await connectionsTo(sidecar.pid, wire.port).catch(() => 0));
  }
  const seconds = ((performance.now() - sidecar.startedAt) / 1000).toFixed(0);
  bench.record({ tool: tool.name, of, ...followed }, await countFollowed(tool, turn));
  bench.record({ tool: tool.name, of, what: 'connections', unit: '' }, connections);
  const end = sidecar.end() ?? 'it goes on trying';
  bench.note(
    `${tool.name}, ${of}: after ${seconds} s ${end}; it last said: ${sidecar.log.lines.at(-1)?.text ?? ''}`,
  );
}

/** Upstreams in what it rendered that have all their servers. */
async function countFollowed(tool: Tool, { setup }: Turn): Promise<number> {
  const text = await readFile(tool.renderedBy(setup), 'utf8').catch(() => '');
  const blocks = text.match(/^upstream [^}]*\}/gm) ?? [];
  return blocks.filter((block) => (block.match(/^\s*server 127\.[1-9]/gm)?.length ?? 0) >= 5).length;
}
