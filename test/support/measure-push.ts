// Measures the Lua balancer beside nginx's own, in pairs, so that what else the machine does meets both:
//
//   node test/support/measure-push.ts [throughput] [change] [many] [idle]
//
// `throughput` takes wrk. It is no test: figures of a shared machine prove nothing by themselves.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { type Method, type Peer, type PushGateway, roundRobin, startPush } from './push.ts';
import { attempt, releaseByWorker, times } from './push-requests.ts';

const run = promisify(execFile);
const rounds = 5;
const seconds = 2;

const measures = { throughput, change, many, idle };
const asked = process.argv.slice(2);
for (const [name, measure] of Object.entries(measures)) {
  if (asked.length === 0 || asked.includes(name)) await measure();
}

/** Backends in an nginx of their own: `host:port` of each. */
async function backends(count: number): Promise<NginxBed & { readonly peers: readonly Peer[] }> {
  const bed = await startNginx({
    ports: count,
    layout: ({ main, http, host, ports }) => ({
      'nginx.conf': `${main}
events { worker_connections 512; }
http {
${http}
access_log off;
keepalive_requests 100000000;
${ports.map((port, index) => `server { listen ${host}:${port}; return 200 "b${index}"; }`).join('\n')}
}
`,
    }),
  });
  return { ...bed, peers: bed.ports.map((port) => ({ address: `${bed.host}:${port}` })) };
}

interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** ms. */
  readonly p99: number;
  /** Processor time of nginx's worker for a request, in µs: other loads on the machine hardly move it. */
  readonly cost: number;
}

/** 64 connections. */
async function load(url: string, worker: number): Promise<Load> {
  const before = await ticks(worker);
  const { stdout } = await run('wrk', ['-t1', '-c64', `-d${seconds}s`, '--latency', url]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const p99 = Number(value) * { us: 0.001, ms: 1, s: 1000 }[(unit ?? 'ms') as 'us' | 'ms' | 's'];
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  // Linux tells processor time in hundredths of a second.
  return { rate, p99, cost: (((await ticks(worker)) - before) * 10_000) / requests };
}

async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function throughput(): Promise<void> {
  const ring: Method = {
    directive: 'hash $connection consistent;',
    call: (name) => `consistent_hash("${name}", ngx.var.connection)`,
  };
  for (const [what, method, finish] of [
    ['round robin', roundRobin, false],
    ['round robin, told how requests end', roundRobin, true],
    ['consistent hash', ring, true],
  ] as const) {
    await using some = await backends(5);
    await using gateway = await startPush({
      peers: { web: some.peers },
      method,
      finish,
      upstream: 'keepalive 64;',
      server: 'keepalive_requests 100000000; access_log off;',
    });
    const [worker = 0] = (await releaseByWorker(gateway, 1)).keys();
    for (const kind of ['native', 'push']) await load(`${gateway.url}/${kind}/web`, worker);
    const rates: number[] = [];
    const costs: number[] = [];
    const tails: number[] = [];
    for (const _ of times(rounds, () => 0)) {
      const native = await load(`${gateway.url}/native/web`, worker);
      const push = await load(`${gateway.url}/push/web`, worker);
      rates.push(push.rate / native.rate);
      costs.push(push.cost / native.cost);
      tails.push(push.p99 / native.p99);
    }
    console.log(
      `${what}: ${spread(rates)} of the native requests/s, processor time ${spread(costs)} times, p99 ${spread(tails)} times`,
    );
  }
}

/** From the rename to the first answer of the newcomer. */
async function change(): Promise<void> {
  await using some = await backends(2);
  const [one, other] = some.peers;
  if (one === undefined || other === undefined) return;
  await using gateway = await startPush({ peers: { web: [one] } });
  const took = await changes(gateway, (turn) => [turn % 2 === 0 ? other : one], 40);
  console.log(`one server replaced: live after ${spread(took)} ms`);
}

async function many(): Promise<void> {
  await using some = await backends(2);
  const [one, other] = some.peers;
  if (one === undefined || other === undefined) return;
  const rest = times(10_000, (index) => ({
    address: `127.99.${Math.floor(index / 250)}.${1 + (index % 250)}:9`,
    state: 'down' as const,
  }));
  await using gateway = await startPush({ peers: { web: [one] } });
  let slowest = 0;
  let stopped = false;
  const watcher = (async () => {
    while (!stopped) {
      const start = performance.now();
      await attempt(`${gateway.url}/push/web`);
      slowest = Math.max(slowest, performance.now() - start);
    }
  })();
  const first = await changes(gateway, () => [other, ...rest], 1);
  console.log(
    `10,000 servers come: live after ${spread(first)} ms, slowest request ${slowest.toFixed(1)} ms`,
  );
  slowest = 0;
  const took = await changes(gateway, (turn) => [turn % 2 === 0 ? one : other, ...rest], 10);
  stopped = true;
  await watcher;
  console.log(
    `one of 10,000 replaced: live after ${spread(took)} ms, slowest request ${slowest.toFixed(1)} ms`,
  );
}

/** As upsync asks it: once a second what it runs. */
async function idle(): Promise<void> {
  await using some = await backends(1);
  await using gateway = await startPush({ peers: { web: some.peers } });
  const [worker = 0] = (await releaseByWorker(gateway, 1)).keys();
  const before = await ticks(worker);
  for (const _ of times(20, () => 0)) {
    await releaseByWorker(gateway, 1);
    await sleep(1_000);
  }
  // Of 2,000 hundredths of a second.
  console.log(`idle: ${(((await ticks(worker)) - before) / 20).toFixed(2)} % of a core in a worker`);
}

async function changes(
  gateway: PushGateway,
  peers: (turn: number) => readonly Peer[],
  count: number,
): Promise<number[]> {
  const took: number[] = [];
  for (const turn of times(count, (index) => index)) {
    const next = peers(turn);
    await attempt(`${gateway.url}/push/web`);
    // The file is written before the clock runs: publishing is the rename.
    const start = { at: 0 };
    await gateway.publish({ web: next }, () => {
      start.at = performance.now();
    });
    while ((await attempt(`${gateway.url}/push/web`)).tried !== next[0]?.address) {}
    took.push(performance.now() - start.at);
  }
  return took;
}

/** Median, and from the least to the most. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value = Number.NaN) => value.toFixed(2);
  return `${show(sorted[Math.floor(sorted.length / 2)])} (${show(sorted[0])} to ${show(sorted.at(-1))})`;
}
