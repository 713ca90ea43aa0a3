import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePorts } from './consul-ports.ts';

export interface ConsulOptions {
  /** `dev` (the default) keeps everything in memory; `server` is a cluster of one, unless told, with its state on disk. */
  readonly mode?: 'dev' | 'server' | 'client';
  /** A loopback address for each agent: 127.0.0.1 unless told. */
  readonly address?: string;
  /** The port of the HTTP API; a free one unless told. */
  readonly http?: number;
  readonly node?: string;
  /** The `join` of a server: for a client, and for one of several servers. */
  readonly join?: string;
  /** How many servers the cluster starts with; 1 unless told. */
  readonly servers?: number;
  /** The port that others join at; a free one unless told. */
  readonly serf?: number;
  /** Denies by default; the agent gets a management token, which is then `token`. */
  readonly acl?: boolean;
  /** A configuration file of its own, which wins over ours. */
  readonly hcl?: string;
}

export interface ServiceDefinition {
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly address?: string;
  readonly tags?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
  readonly weights?: { readonly passing: number; readonly warning: number };
  /** Gives it a check with this state, which `check` can change; none otherwise. */
  readonly health?: CheckState;
}

type CheckState = 'passing' | 'warning' | 'critical';

/** A real Consul agent on ports of its own. It ends with `await using`, and at the latest with the test process. */
export interface Consul extends AsyncDisposable {
  /** `http://address:port` */
  readonly url: string;
  readonly node: string;
  /** `address:port` for the `join` of other agents. */
  readonly join: string;
  readonly dns: { readonly address: string; readonly port: number };
  /** The management token; undefined without `acl`. */
  readonly token: string | undefined;
  readonly pid: number | undefined;
  /** Any request of the HTTP API, by default with `token`; returns the decoded body and throws unless 2xx. */
  request(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown, token?: string): Promise<unknown>;
  register(service: ServiceDefinition): Promise<void>;
  deregister(id: string): Promise<void>;
  maintenance(id: string, on: boolean): Promise<void>;
  nodeMaintenance(on: boolean): Promise<void>;
  /** Sets the state and output of the check that `register` made. */
  check(id: string, health: CheckState, output?: string): Promise<void>;
  /** SIGKILL: what is in memory is lost. */
  kill(): Promise<void>;
  /** SIGTERM: a client leaves the cluster, a server does not. One that has just joined may register itself anew meanwhile (1.8.7). */
  stop(): Promise<void>;
  /** While it is down: takes all its state away, so that it starts as a new one. */
  forget(): Promise<void>;
  /** More than the `hcl` that it was started with: it takes this up when it reloads (limits and log levels) or starts. */
  configure(hcl: string): Promise<void>;
  /** Starts it again, on the same ports and data, and waits until it serves. */
  start(): Promise<void>;
}

/** Starts an agent and waits until it has a leader and is in the catalog itself. */
export async function startConsul(options: ConsulOptions = {}): Promise<Consul> {
  const { address = '127.0.0.1', mode = 'dev' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'upsync-consul-'));
  const [free = 0, dns = 0, server = 0, freeSerf = 0, serfWan = 0] = await freePorts(address, 5);
  const serfLan = options.serf ?? freeSerf;
  const http = options.http ?? free;
  const node = options.node ?? `${mode}-${http}`;
  const url = `http://${address}:${http}`;
  let token: string | undefined;
  let child: ChildProcess | undefined;

  const config = join(folder, 'agent.hcl');
  await writeFile(
    config,
    `
      ports { http = ${http}, dns = ${dns}, server = ${server}, serf_lan = ${serfLan}, serf_wan = ${serfWan}, grpc = -1 }
      performance { raft_multiplier = 1 }
      disable_update_check = true
      check_update_interval = "0s" # outputs reach the catalog at once, as they do in no other mode
      acl { enabled = ${options.acl ?? false}, default_policy = "deny", enable_token_persistence = ${mode !== 'dev'} }
    `,
  );
  const args = ['agent', '-bind', address, '-client', address, '-node', node, '-config-file', config];
  if (options.hcl !== undefined) {
    await writeFile(join(folder, 'more.hcl'), options.hcl);
    args.push('-config-file', join(folder, 'more.hcl'));
  }
  if (mode === 'dev') args.push('-dev');
  else args.push('-data-dir', join(folder, 'data'));
  if (mode === 'server') args.push('-server', '-bootstrap-expect', String(options.servers ?? 1));
  if (options.join !== undefined) args.push('-retry-join', options.join, '-retry-interval', '1s');

  const consul: Consul = {
    url,
    node,
    join: `${address}:${serfLan}`,
    dns: { address, port: dns },
    get token() {
      return token;
    },
    get pid() {
      return child?.pid;
    },
    request: (method, path, body, as = token) => request(url, method, path, body, as),
    async register({ id, name, port, address: host, tags, meta, weights, health }) {
      await consul.request('PUT', '/v1/agent/service/register', {
        ID: id,
        Name: name,
        Port: port,
        Address: host,
        Tags: tags,
        Meta: meta,
        Weights: weights && { Passing: weights.passing, Warning: weights.warning },
        Check: health && { CheckID: `check:${id}`, TTL: '24h', Status: health },
      });
    },
    async deregister(id) {
      await consul.request('PUT', `/v1/agent/service/deregister/${id}`);
    },
    async maintenance(id, on) {
      await consul.request('PUT', `/v1/agent/service/maintenance/${id}?enable=${on}`);
    },
    async nodeMaintenance(on) {
      await consul.request('PUT', `/v1/agent/maintenance?enable=${on}`);
    },
    async check(id, health, output = '') {
      await consul.request('PUT', `/v1/agent/check/update/check:${id}`, { Status: health, Output: output });
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async configure(hcl) {
      if (options.hcl === undefined) throw new Error('this agent was started without hcl');
      await writeFile(join(folder, 'more.hcl'), `${options.hcl}\n${hcl}`);
    },
    forget: () => rm(join(folder, 'data'), { recursive: true, force: true }),
    async start() {
      const agent = launch(args, folder);
      child = agent.child;
      // A dev agent forgets its tokens.
      if (mode === 'dev') token = undefined;
      await eventually(agent, async () => (await consul.request('GET', '/v1/status/leader')) !== '');
      if (options.acl && token === undefined) token = await bootstrap(consul);
      await eventually(agent, async () => (await consul.request('GET', `/v1/catalog/node/${node}`)) !== null);
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  try {
    await consul.start();
  } catch (error) {
    await consul[Symbol.asyncDispose]();
    throw error;
  }
  return consul;
}

interface Agent {
  readonly child: ChildProcess;
  readonly log: () => string;
}

/** `setpriv` (util-linux) keeps the pid and lets the kernel end the agent should the test process be killed. */
function launch(args: readonly string[], folder: string): Agent {
  const command = ['--pdeathsig', 'KILL', binary(), ...args];
  const child = spawn('setpriv', command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const note = (text: string) => {
    log = (log + text).slice(-4_000);
  };
  child.stdout.setEncoding('utf8').on('data', note);
  child.stderr.setEncoding('utf8').on('data', note);
  child.on('error', (error) => note(error.message));
  return { child, log: () => log };
}

/** `CONSUL_BIN`, else the PATH, else what the set-up script unpacked. */
export function binary(): string {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'consul'));
  const unpacked = join(import.meta.dirname, '../../node_modules/.cache/upsync/debian/consul/usr/bin/consul');
  const found = process.env.CONSUL_BIN ?? [...onPath, unpacked].find((path) => existsSync(path));
  if (found === undefined) throw new Error('no consul: set CONSUL_BIN, or put it on the PATH');
  return found;
}

/** Nothing tells when another process is ready: it is asked until it is, or has ended. */
async function eventually({ child, log }: Agent, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds().catch(() => false))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) throw new Error(`consul does not serve:\n${log()}`);
    await sleep(20);
  }
}

/** Makes the management token, and lets the agent register itself with it. */
async function bootstrap(consul: Consul): Promise<string> {
  const made = await consul.request('PUT', '/v1/acl/bootstrap');
  const { SecretID } = z.object({ SecretID: z.string() }).parse(made);
  await consul.request('PUT', '/v1/agent/token/agent', { Token: SecretID }, SecretID);
  return SecretID;
}

async function request(url: string, method: string, path: string, body: unknown, token: string | undefined) {
  const response = await fetch(url + path, {
    method,
    headers: { connection: 'close', ...(token === undefined ? {} : { 'x-consul-token': token }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.trim()}`);
  return text === '' ? undefined : JSON.parse(text);
}
