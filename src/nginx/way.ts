import { resolve } from 'node:path';
import { methodOf } from '../pipeline/balancer.ts';
import { type Problem, ProblemError, problemOf, sentence } from '../pipeline/problem.ts';
import type { Way } from '../pipeline/way.ts';
import { lineAt } from '../syntax/tokenize.ts';
import { readBuild } from './build.ts';
import { crawl, type Placed } from './crawl.ts';

export interface WayOptions {
  readonly via: 'reload' | 'push' | 'auto';
  readonly binary: string;
  readonly conf: string;
  readonly output: string;
  /** The balancing methods of the upstreams, by their names. */
  readonly balances: ReadonlyMap<string, string>;
}

/** The best way that nginx offers, as far as the configuration lets us choose. Throws ProblemError where it asks for what nginx cannot do. */
export async function chooseWay(options: WayOptions, signal: AbortSignal): Promise<Way> {
  if (options.via === 'reload') return { kind: 'reload' };
  const found = await lookForLua(options, signal);
  if (found.kind === 'push') return found;
  if (options.via === 'auto') return { kind: 'reload', why: sentence(found.problem) };
  throw new ProblemError(found.problem);
}

type Found = Extract<Way, { kind: 'push' }> | { readonly kind: 'none'; readonly problem: Problem };

async function lookForLua(
  { binary, conf, output, balances }: WayOptions,
  signal: AbortSignal,
): Promise<Found> {
  try {
    const [build, { placed }] = await Promise.all([
      readBuild(binary, signal),
      crawl(resolve(conf), resolve(output), signal, { isLenient: true }),
    ]);
    const problem = noModule(build.hasLua, placed, conf) ?? noCache(placed) ?? noMethod(balances);
    if (problem !== undefined) return { kind: 'none', problem };
    return { kind: 'push', isTold: !placed.some(isHook) };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'none', problem: problemOf(error) };
  }
}

function noModule(isBuiltIn: boolean, placed: readonly Placed[], conf: string): Problem | undefined {
  const isLoaded = placed.some(
    ({ directive: { name, args } }) =>
      name === 'load_module' && /ngx_http_lua_module\.so$/.test(args[0]?.value ?? ''),
  );
  if (isBuiltIn || isLoaded) return undefined;
  return {
    what: 'nginx does not load the Lua module, which balances without reloads',
    where: conf,
    remedy: 'install it (Debian: libnginx-mod-http-lua) and load it, or set nginx.via to reload',
  };
}

/** Each request would have a balancer of its own, which knows of no turns and no failures. */
function noCache(placed: readonly Placed[]): Problem | undefined {
  const off = placed.find(
    ({ directive: { name, args } }) => name === 'lua_code_cache' && args[0]?.value === 'off',
  );
  if (off === undefined) return undefined;
  return {
    what: 'lua_code_cache is off: every request would begin to balance anew',
    where: `${off.source.shown}:${lineAt(off.source.text, off.directive.end)}`,
    remedy: 'take it out, or set nginx.via to reload',
  };
}

function noMethod(balances: ReadonlyMap<string, string>): Problem | undefined {
  const lacking = [...balances].find(([, balance]) => methodOf(balance) === undefined);
  if (lacking === undefined) return undefined;
  const [name, balance] = lacking;
  return {
    what: `the Lua balancer cannot do ${balance}, which upstream ${name} asks for: how many requests run is not known to it`,
    remedy: 'choose round_robin, ip_hash, random or hash, or set nginx.via to reload',
  };
}

/** nginx takes one of each context. Ours has to be at http level, where it sees every request. */
function isHook({ directive: { name }, context }: Placed): boolean {
  return context.length === 1 && context[0] === 'http' && name.startsWith('log_by_lua');
}
