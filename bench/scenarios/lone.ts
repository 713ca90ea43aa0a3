import { type Backend, take } from '../bed/farm.ts';
import { type Gateway, startGateway } from '../bed/gateway.ts';
import { askUntil } from '../bed/probe.ts';
import type { Registry } from '../bed/registry.ts';
import { type Bench, type Scenario, toolsWithPush } from '../scenario.ts';
import { applyByHand } from '../tools/bare-nginx.ts';
import { isEvent, stepsOf } from '../tools/report-lines.ts';
import type { Sidecar, Tool } from '../tools/tool.ts';
import { rotated, startTurn } from '../turn.ts';

const service = 'lone';
const byHand = 'nginx by hand';
const live = { what: 'change → first answer', unit: 'ms' };
const outside = { what: 'before nginx: change → HUP', unit: 'ms' };
const inside = { what: 'nginx: HUP → first answer', unit: 'ms' };

/**
 * So many join, one after the other, before all leave at once: none waits long for its turn in the upstream. Of one
 * more, upsync would hold the loss for a while, as it was most of the servers.
 */
const joining = 3;

export const lone: Scenario = {
  name: 'lone',
  title: 'One instance joins, and nothing else happens',
  async run(bench) {
    const tools = toolsWithPush(bench, live);
    for (let run = 0; run < bench.runs; run += 1) {
      for (const tool of rotated([...tools, byHand] as const, run)) {
        if (tool === byHand) await withoutTool(bench);
        else await withTool(bench, tool);
      }
    }
  },
};

async function withTool(bench: Bench, tool: Tool): Promise<void> {
  const { consul, registry } = await bench.consul();
  const [first, ...others] = take(await bench.farm(), 1 + joining);
  await registry.join(service, first);
  await using turn = await startTurn(bench, tool, { consul, services: [service], debug: true });
  const { gateway, sidecar } = turn;
  const splits: Split[] = [];
  await measure(bench, tool.name, gateway, {
    isReloaded: tool.lua !== true,
    join: async (backend) => {
      const sentAt = await registry.join(service, backend);
      const { at } = await turn.ask(service, ({ body }) => body === backend.name);
      if (tool === bench.upsync || tool === bench.pushing)
        splits.push(await splitOf(sidecar, sentAt, at, bench.signal));
      return { sentAt, at };
    },
    leave: () => leave(registry, others),
    backends: others,
    cycles: 7,
  });
  await leave(registry, [first]);
  for (const part of Object.keys(splits[0] ?? {})) {
    const key = { tool: tool.name, what: `upsync's step: ${part}`, unit: 'ms' };
    bench.record(key, ...splits.flatMap((split) => split[part] ?? []));
  }
}

async function withoutTool(bench: Bench): Promise<void> {
  const [first, ...others] = take(await bench.farm(), 1 + joining);
  await using gateway = await startGateway();
  await applyByHand(gateway, service, [first]);
  const present = [first];
  await measure(bench, byHand, gateway, {
    isReloaded: true,
    join: async (backend) => {
      const sentAt = performance.now();
      present.push(backend);
      await applyByHand(gateway, service, present);
      const isNew = ({ body }: { body: string }) => body === backend.name;
      const { at } = await askUntil(gateway.bed, `/${service}`, isNew, bench.signal);
      return { sentAt, at };
    },
    leave: async () => {
      present.length = 1;
      await applyByHand(gateway, service, present);
    },
    backends: others,
    // A reference: fewer will do.
    cycles: 2,
  });
}

interface Way {
  /** For each change. */
  readonly isReloaded: boolean;
  join(backend: Backend): Promise<{ readonly sentAt: number; readonly at: number }>;
  leave(): Promise<void>;
  readonly backends: readonly Backend[];
  /** So often all of them join. */
  readonly cycles: number;
}

async function measure(bench: Bench, tool: string, gateway: Gateway, way: Way): Promise<void> {
  const times: { readonly sentAt: number; readonly hupAt: number; readonly at: number }[] = [];
  // What was started a moment ago is not at its best yet.
  for (let cycle = -1; cycle < bench.few(way.cycles); cycle += 1) {
    for (const backend of way.backends) {
      await rest(bench);
      const { sentAt, at } = await way.join(backend);
      const hupAt = gateway.reloads.find((seenAt) => seenAt >= sentAt);
      if ((hupAt !== undefined) !== way.isReloaded)
        throw new Error(`${tool}: nginx was ${way.isReloaded ? 'not ' : ''}reloaded for a new instance`);
      if (cycle >= 0) times.push({ sentAt, hupAt: hupAt ?? Number.NaN, at });
    }
    await rest(bench);
    await way.leave();
    await untilGone(bench, gateway, way.backends);
  }
  bench.record({ tool, ...live }, ...times.map(({ sentAt, at }) => at - sentAt));
  if (!way.isReloaded) return;
  bench.record({ tool, ...outside }, ...times.map(({ sentAt, hupAt }) => hupAt - sentAt));
  bench.record({ tool, ...inside }, ...times.map(({ hupAt, at }) => at - hupAt));
}

/** Until none of them answers any more, neither from old workers nor from new ones. */
async function untilGone(bench: Bench, gateway: Gateway, backends: readonly Backend[]): Promise<void> {
  let others = 0;
  const isGone = ({ body }: { body: string }) => {
    others = backends.some(({ name }) => name === body) ? 0 : others + 1;
    return others >= 30;
  };
  await askUntil(gateway.bed, `/${service}`, isGone, bench.signal);
}

/** Longer than nginx needs to end old workers, and upsync to be quiet: the next change is a lone one again. */
function rest(bench: Bench): Promise<void> {
  return bench.sleep(210 + 60 * Math.random());
}

async function leave(registry: Registry, backends: readonly Backend[]): Promise<void> {
  await Promise.all(backends.map((backend) => registry.leave(service, backend)));
}

type Split = Readonly<Record<string, number>>;

/** By upsync's own log. Its last step begins with the reload and ends with the proof. */
async function splitOf(
  sidecar: Sidecar,
  sentAt: number,
  liveAt: number,
  signal: AbortSignal,
): Promise<Split> {
  const { log } = sidecar;
  const answered = await log.first((text) => isEvent(text, 'answered'), signal, { since: sentAt });
  const published = await log.first((text) => isEvent(text, 'published'), signal, { since: sentAt });
  const { prove = Number.NaN, ...steps } = stepsOf(published.text) ?? {};
  return {
    'query (until its answer is read)': answered.at - sentAt,
    ...steps,
    'reload and proof': prove,
    'first answer → proven': published.at - liveAt,
  };
}
