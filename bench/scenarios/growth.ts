import { readFile } from 'node:fs/promises';
import { instancesOf } from '../bed/instances.ts';
import { residentMemory } from '../bed/process.ts';
import type { Entry } from '../bed/registry.ts';
import type { Wide } from '../bed/wide.ts';
import { startWire, through } from '../bed/wire.ts';
import { type Bench, type Scenario, toolsFor } from '../scenario.ts';
import { isEvent, mostDelay, stepsOf } from '../tools/report-lines.ts';
import type { Tool } from '../tools/tool.ts';
import { startTurn, type Turn } from '../turn.ts';

const manyServices = [1, 100, 1_000, 2_000];
const manyInstances = [1, 10, 100, 1_000, 10_000];
/** Consul lets a client have 200 connections, and consul-template takes one for each service. */
const mostWatches = 190;
/** For all changes of one size, in ms. */
const longest = 8_000;

export const growth: Scenario = {
  name: 'growth',
  title: 'What a lone change costs as there is more',
  async run(bench) {
    const wide = await bench.wide();
    const tools = toolsFor(bench, { of: '1 service × 5', ...live });
    const measureAll = async (one: Omit<Size, 'wide' | 'tool'>) => {
      for (const tool of tools) await measure(bench, { ...one, wide, tool });
    };
    for (const size of bench.sizes(manyServices)) {
      const of = `${figure(size)} service${size === 1 ? '' : 's'} × 5`;
      await measureAll({ of, size, services: wide.services.slice(0, size) });
    }
    for (const size of bench.sizes(manyInstances)) {
      const service = `one-of-${size}`;
      await wide.registry.fill(instancesOf(service, 10_000 + size, size));
      await measureAll({ of: `1 service × ${figure(size)}`, size, services: [service] });
    }
    const lines = bench.sizes([50, 1_000]).at(-1) ?? 0;
    const services = Array.from({ length: lines }, (_, at) => `fifty-${at}`);
    await wide.registry.fill(services.flatMap((name, at) => instancesOf(name, 50_000 + at * 50, 50)));
    await measureAll({ of: `${figure(lines)} services × 50`, size: lines * 50, services });
    const others = Array.from({ length: bench.few(7_000) }, (_, at) => `other-${at}`);
    await wide.registry.fill(others.flatMap((name, at) => instancesOf(name, 200_000 + at, 1)));
    const following = wide.services;
    await measureAll({
      of: '2,000 services × 5, of 10,000 in the catalog',
      size: 10_000,
      services: following,
    });
  },
};

const live = { what: 'lone change → first worker that knows', unit: 'ms' };

interface Size {
  readonly wide: Wide;
  readonly tool: Tool;
  readonly of: string;
  readonly size: number;
  readonly services: readonly string[];
}

async function measure(bench: Bench, { wide, tool, of, size, services }: Size): Promise<void> {
  const record = (what: string, unit: string, ...values: number[]) =>
    bench.record({ tool: tool.name, of, size, what, unit }, ...values);
  bench.say(`${tool.name}, ${of}`);
  const beyond = tool !== bench.upsync && services.length > mostWatches;
  if (beyond) await wide.limit(4_000);
  if (beyond)
    bench.note(`consul-template, above ${mostWatches} services: with Consul's limit of connections raised.`);
  const preload = tool === bench.upsync ? { preload: new URL('../bed/loop-delay.ts', import.meta.url) } : {};
  await using wire = await startWire(wide.http.url);
  await using turn = await startTurn(bench, tool, {
    ...{ consul: through(wire, wide.http), services, patience: 240_000 },
    ...preload,
  });
  const { sidecar, servedAt } = turn;
  record('start → first answer through nginx', 'ms', servedAt - sidecar.startedAt);
  await bench.sleep(1_000);
  // What holds the loop at the start is another matter.
  if (tool === bench.upsync) record('event loop held while starting', 'ms', await held(bench, turn));
  const changes = await change(bench, { wide, tool, services }, turn);
  record(live.what, live.unit, ...changes.map(({ sentAt, at }) => at - sentAt));
  record('before nginx: change → HUP', 'ms', ...changes.map(({ sentAt, hupAt }) => hupAt - sentAt));
  if (tool === bench.upsync) {
    record('event loop held, at most', 'ms', await held(bench, turn));
    for (const step of ['render', 'stage', 'test', 'publish', 'prove']) {
      record(`upsync's step: ${step}`, 'ms', ...changes.flatMap(({ steps }) => steps?.[step] ?? []));
    }
  }
  record('resident memory', 'MiB', await residentMemory(sidecar.pid));
  if (beyond) await wide.limit(200);
}

interface Change {
  readonly sentAt: number;
  readonly hupAt: number;
  readonly at: number;
  readonly steps: Readonly<Record<string, number>> | undefined;
}

/** One instance after the other joins the last service, and stays until the end; fewer where each takes long. */
async function change(
  bench: Bench,
  { wide, tool, services }: Pick<Size, 'wide' | 'tool' | 'services'>,
  turn: Turn,
): Promise<readonly Change[]> {
  const service = services.at(-1) ?? '';
  const joined: Entry[] = [];
  const changes: Change[] = [];
  const deadline = performance.now() + longest;
  for (let each = 0; each < bench.few(4) && performance.now() < deadline; each += 1) {
    const entry = {
      service,
      id: `${service}-joined-${each}`,
      node: 'node-0',
      address: '127.0.0.1',
      port: 2 + each,
    };
    joined.push(entry);
    const old = await workersOf(turn);
    const sentAt = await wide.registry.add(entry);
    const at = await knownAt(tool, turn, `127.0.0.1:${entry.port}`, old);
    const hupAt = turn.gateway.reloads.findLast((seenAt) => seenAt >= sentAt && seenAt <= at) ?? Number.NaN;
    const { log } = turn.sidecar;
    const isPublished = (line: string) => isEvent(line, 'published');
    const line =
      tool === bench.upsync ? await log.first(isPublished, bench.signal, { since: sentAt }) : undefined;
    changes.push({ sentAt, hupAt, at, steps: line && stepsOf(line.text) });
    await bench.sleep(300 + 100 * Math.random());
  }
  await wide.registry.remove(joined);
  return changes;
}

/**
 * When a worker answered that was started after the change, and for a configuration that has the address: among
 * thousands of instances it would take thousands of requests to meet the new one.
 */
async function knownAt(tool: Tool, turn: Turn, address: string, before: Set<string>): Promise<number> {
  let old = before;
  for (;;) {
    const { at, worker } = await turn.ask('', (answer) => !old.has(answer.worker), 60_000);
    // Before the file is read: who stands now and has a file without the address does not have it.
    const standing = await workersOf(turn);
    const text = await readFile(tool.renderedBy(turn.setup), 'utf8');
    if (text.includes(`${address};`) || text.includes(`${address} `)) return at;
    // It was reloaded for something else.
    old = new Set([...old, ...standing, worker]);
  }
}

async function workersOf({ gateway }: Turn): Promise<Set<string>> {
  const master = await gateway.bed.pid();
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8');
  return new Set(children.trim().split(' '));
}

async function held(bench: Bench, { sidecar }: Turn): Promise<number> {
  const since = performance.now();
  sidecar.signal('SIGUSR2');
  const line = await sidecar.log.first((text) => isEvent(text, 'loopDelay'), bench.signal, { since });
  return mostDelay(line.text);
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
