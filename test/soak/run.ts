import { steadyClient } from '../../demo/steady.ts';
import { reloads } from '../support/gateway.ts';
import { Driver } from './driver.ts';
import { type Environment, startEnvironment } from './environment.ts';
import type { Flags } from './flags.ts';
import { generate } from './generator.ts';
import { memoryFaults, type Sample, sample } from './memory.ts';
import type { Operation } from './operation.ts';
import { Outages } from './outages.ts';
import { Periods } from './periods.ts';
import type { Results } from './report.ts';
import { services } from './services.ts';
import { settle } from './settle.ts';
import { type Fault, Tally } from './tally.ts';
import { answerOf } from './verdict.ts';

const pace = { rate: 120, connections: 12 };

/** How often something is said, in ms. */
const pulse = 30_000;

/** Runs until time is up, something is wrong, or `signal` aborts; nothing is left running then. */
export async function run(
  { seconds, seed }: Flags,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Results> {
  const periods = new Periods();
  const outages = new Outages();
  const tally = new Tally(periods, outages);
  const done: { at: number; operation: Operation }[] = [];
  const settled: number[] = [];
  const memory: Sample[] = [];
  /** At a quiet point. */
  const wrong: Fault[] = [];
  const other: Fault[] = [];
  let [checked, reloaded, startedAt] = [0, 0, performance.now()];
  let log: readonly string[] = [];
  const faults = () => [...tally.wrong, ...tally.lost, ...wrong, ...other];
  const note = (list: Fault[]) => (what: string) => list.push({ at: performance.now(), what });
  const fault = note(other);

  async function work(environment: Environment): Promise<void> {
    const { consul, nginx, fleet, upsync } = environment;
    const driver = new Driver(environment, periods, outages, signal);
    startedAt = performance.now();
    say('Consul, nginx, upsync and the backends run.');
    let saidAt = startedAt;
    for (const { operations } of generate(seed)) {
      periods.begin(performance.now());
      for (const operation of operations) {
        done.push({ at: performance.now(), operation });
        await driver.carryOut(operation);
      }
      const since = performance.now();
      const asked = { consul: consul.url, gateway: nginx.url, periods, fleet, atRest: upsync.atRest };
      const { served, requests, mismatches } = await settle(asked, signal);
      const now = performance.now();
      periods.quiet(now, served);
      settled.push(now - since);
      checked += requests;
      mismatches.forEach(note(wrong));
      const found = upsync.process && (await sample(upsync.process));
      if (found === undefined) fault('upsync ended by itself');
      else memory.push(found);
      if (faults().length > 0 || now - startedAt > seconds * 1000) return;
      if (now - saidAt < pulse) continue;
      saidAt = now;
      say(`${Math.round((now - startedAt) / 1000)} s: ${done.length} operations, ${tally.sent} requests`);
    }
  }

  try {
    await using environment = await startEnvironment();
    await using client = steadyClient(urlsOf(environment), pace, (url) => judge(url, tally));
    client.start();
    try {
      await work(environment);
    } finally {
      reloaded = await reloads(environment.nginx);
      log = environment.upsync.tail();
    }
  } catch (error) {
    if (!signal.aborted) fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  memoryFaults(memory).forEach(fault);
  return {
    ...{ seed, startedAt, endedAt: performance.now(), done, tally, settled, checked, memory, log },
    wrong: [...tally.wrong, ...wrong].length,
    reloads: reloaded,
    faults: faults().toSorted((a, b) => a.at - b.at),
  };
}

function urlsOf({ nginx }: Environment): readonly string[] {
  return services.map((service) => `${nginx.url}/${service}`);
}

function judge(url: string, tally: Tally) {
  const service = services.find((name) => url.endsWith(`/${name}`)) ?? services[0];
  const sentAt = performance.now();
  tally.sent += 1;
  return (found: Parameters<typeof answerOf>[0], retried: boolean) => {
    if (retried) tally.retried += 1;
    tally.count(service, sentAt, performance.now(), answerOf(found));
  };
}
