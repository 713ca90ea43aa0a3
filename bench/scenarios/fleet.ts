import { take } from '../bed/farm.ts';
import { instancesOf } from '../bed/instances.ts';
import { recordUsage } from '../bed/usage.ts';
import { startWire, through, type Wire } from '../bed/wire.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startTurn, type Turn } from '../turn.ts';

const services = Array.from({ length: 10 }, (_, at) => `fleet-${at}`);
const sizes = [1, 5, 20];

export const fleet: Scenario = {
  name: 'fleet',
  title: 'Many gateways on one Consul, each following 10 services of 5 instances; figures for each gateway',
  async run(bench) {
    const { registry } = await bench.consul();
    await registry.fill(services.flatMap((name, at) => instancesOf(name, 40_000 + at * 5, 5)));
    for (const size of bench.sizes(sizes)) await measure(bench, size, false);
    await measure(bench, 5, true);
  },
};

async function measure(bench: Bench, size: number, consistent: boolean): Promise<void> {
  const { consul } = await bench.consul();
  const of = `${size} gateway${size === 1 ? '' : 's'}${consistent ? ', consistent reads' : ''}`;
  bench.say(of);
  await using running = new AsyncDisposableStack();
  const turns: Turn[] = [];
  const wires: Wire[] = [];
  for (let each = 0; each < size; each += 1) {
    const wire = running.use(await startWire(consul.url));
    wires.push(wire);
    turns.push(running.use(await gatewayOn(bench, wire, consistent)));
  }
  await bench.sleep(2_000);
  const pids = turns.map(({ sidecar }) => sidecar.pid);
  const watched = { tool: bench.upsync.name, size, pids, consul: consul.pid ?? 0, wires };
  const time = bench.few(5);
  await recordUsage(bench, { ...watched, of: `${of}, idle` }, () => bench.sleep(time * 1000));
  await recordUsage(bench, { ...watched, of: `${of}, a change a second` }, () => changes(bench, time));
}

async function gatewayOn(bench: Bench, wire: Wire, consistent: boolean): Promise<Turn> {
  const { consul } = await bench.consul();
  const address = through(wire, { url: consul.url });
  return startTurn(bench, bench.upsync, { consul: address, services, consistent, workers: 1 });
}

async function changes(bench: Bench, count: number): Promise<void> {
  const { registry } = await bench.consul();
  const backends = take(await bench.farm(), count);
  const began = performance.now();
  const joined = backends.map(({ name, address, port }, at) => {
    const service = services[at % services.length] ?? '';
    return { service, id: `${service}-${name}`, node: 'node-0', address, port };
  });
  for (const [at, entry] of joined.entries()) {
    await bench.sleep(began + at * 1000 - performance.now());
    await registry.add(entry);
  }
  await bench.sleep(began + count * 1000 - performance.now());
  await registry.remove(joined);
}
