import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { LuaBalancer } from '../pipeline/balancer.ts';
import { peersPath } from '../pipeline/peers.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import { configOf } from './config-of.ts';
import { crawl } from './crawl.ts';
import { statusOf, testify } from './proof.ts';
import { environment } from './test-run.ts';
import { luaUpstreams, trialConf, trialPeers, type UpstreamBlock } from './trial-conf.ts';

export interface TrialOptions {
  readonly binary: string;
  /** HTTP modules that nginx lacks. */
  readonly without: ReadonlySet<string>;
  readonly conf: string;
  readonly prefix: string | undefined;
  readonly output: string;
  readonly balancer: LuaBalancer;
  /** The balancer's files by name. */
  readonly code: ReadonlyMap<string, string>;
}

/** For all of it, in ms. */
const patience = 10_000;

/**
 * Runs the candidate's balancers in an nginx of their own, with backends of its own: `nginx -t` reads Lua and runs none
 * of it. `folder` is a private one, empty and absolute. Gives what is wrong; undefined where every kind of balancer
 * found a backend.
 */
export async function tryBalancers(
  folder: string,
  { binary, without, conf, prefix, output, balancer, code }: TrialOptions,
  candidate: Pick<Candidate, 'folder' | 'structure'>,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { structure } = candidate;
  const texts = await readHttp(await configOf(candidate));
  const upstreams = distinct(texts.flatMap(luaUpstreams));
  if (upstreams.length === 0) return undefined;
  const keys = [...new Set(texts.flatMap((text) => text.match(/(?<=ngx\.var\.)\w+_key_\w+/g) ?? []))];
  const [ask = '', ...backends] = await freePlaces(3);
  const { placed } = await crawl(resolve(conf), resolve(output), signal, { isLenient: true });
  const peers = trialPeers(await readFile(join(candidate.folder, peersPath), 'utf8'), backends);
  await mkdir(join(folder, 'release'));
  await mkdir(join(folder, 'lua'));
  await Promise.all([
    ...[...code].map(([name, text]) => writeFile(join(folder, 'lua', name), text)),
    writeFile(join(folder, 'release', peersPath), peers),
    symlink('release', join(folder, 'current')),
    writeFile(
      join(folder, 'nginx.conf'),
      trialConf({ folder, balancer, structure, upstreams, keys, ask, backends, placed, without }),
    ),
  ]);

  const place = prefix === undefined ? [] : ['-p', resolve(prefix)];
  const log = join(folder, 'error.log');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const nginx = execa(binary, ['-e', log, '-c', join(folder, 'nginx.conf'), ...place], {
    reject: false,
    cwd: folder,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
    extendEnv: false,
    env: environment(),
  });
  const ended = new AbortController();
  nginx.then(() => ended.abort());
  try {
    const failure = await examine(ask, structure, upstreams, AbortSignal.any([deadline, ended.signal]));
    signal.throwIfAborted();
    if (failure === undefined) return undefined;
    const said = firstError(await readFile(log, 'utf8').catch(() => ''));
    return {
      what: `the Lua balancer does not work in this nginx: ${said ?? failure}`,
      remedy: 'mend that, or set nginx.via to reload',
    };
  } finally {
    nginx.kill('SIGKILL');
    await nginx;
  }
}

/** What goes wrong; undefined where nothing does. */
async function examine(
  ask: string,
  structure: string,
  upstreams: readonly UpstreamBlock[],
  signal: AbortSignal,
): Promise<string | undefined> {
  // Whatever it answers: where Lua does not run, that is 500.
  while ((await statusOf(`http://${ask}/`, signal)) === undefined && !signal.aborted)
    await sleep(5, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return 'nobody answers';
  const answer = await testify(ask, 1000, signal);
  if (answer?.structure !== structure) return 'it does not take the peers of this release';
  for (const [index, { name }] of upstreams.entries()) {
    const status = await statusOf(`http://${ask}/${index}`, signal);
    if (status !== 204) return `upstream ${name} answers ${status}`;
  }
  return undefined;
}

/** One of each kind: of thousands of upstreams, most differ by their name alone. */
function distinct(upstreams: readonly UpstreamBlock[]): UpstreamBlock[] {
  return [...new Map(upstreams.map((one) => [one.text.replaceAll(one.name, ''), one])).values()];
}

/** Those outside of the managed folder included, which may be of http too. */
async function readHttp(folder: string): Promise<string[]> {
  const found = ['http', 'files'].map((part) =>
    readdir(join(folder, part), { recursive: true, withFileTypes: true }).catch(() => []),
  );
  const files = (await Promise.all(found)).flat().filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
}

/** Ports on this host that nobody has just now. */
async function freePlaces(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const places = servers.map((server) => {
    const address = server.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return places;
}

/** nginx's own words for what went wrong first, without time and pid. */
function firstError(log: string): string | undefined {
  const line = log.split('\n').find((one) => /\[(emerg|alert|crit|error)\]/.test(one));
  return line?.replace(/^.*?\[\w+\] \d+#\d+: (\*\d+ )?/, '');
}
