import type { Bench, Key } from '../scenario.ts';
import { cpuTime } from './process.ts';
import type { Wire } from './wire.ts';

interface Watched {
  readonly tool: string;
  readonly of: string;
  readonly pids: readonly number[];
  readonly consul: number;
  readonly wires: readonly Wire[];
  readonly size?: number;
}

/** What a time costs, for each sidecar: on the processor, and of Consul. */
export async function recordUsage(
  bench: Bench,
  { tool, of, pids, consul, wires, size }: Watched,
  during: () => Promise<void>,
): Promise<void> {
  const took = async () => {
    const times = await Promise.all(pids.map(cpuTime));
    return {
      at: performance.now(),
      own: sum(times),
      consul: await cpuTime(consul),
      bytes: sum(wires.map((wire) => wire.bytes())),
      requests: sum(wires.map((wire) => wire.requests() ?? Number.NaN)),
    };
  };
  const before = await took();
  await during();
  const after = await took();
  const time = (after.at - before.at) * pids.length;
  const record = (what: string, unit: string, value: number) => {
    const key: Key = { tool, of, what, unit, ...(size === undefined ? {} : { size }) };
    bench.record(key, value);
  };
  record('CPU, of one core', '%', ((after.own - before.own) / time) * 100);
  record("Consul's CPU, of one core", '%', ((after.consul - before.consul) / time) * 100);
  record('on the wire, a minute', 'kB', (((after.bytes - before.bytes) / time) * 60_000) / 1000);
  if (Number.isNaN(after.requests)) return;
  record('requests a minute', '', ((after.requests - before.requests) / time) * 60_000);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
