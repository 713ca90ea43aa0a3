import { type LuaBalancer, luaCall, luaText, luaVariable } from '../pipeline/balancer.ts';
import { proofPath } from '../pipeline/frame.ts';
import { pieces } from '../syntax/pieces.ts';
import { quote } from '../syntax/tokenize.ts';
import { type Placed, utf8 } from './crawl.ts';
import { temporaryPaths } from './test-rewrite.ts';

/** An `upstream` block of http as it was rendered. */
export interface UpstreamBlock {
  readonly name: string;
  readonly text: string;
}

/** The upstreams of a rendered file that are balanced in Lua. */
export function luaUpstreams(text: string): UpstreamBlock[] {
  const found: UpstreamBlock[] = [];
  let depth = 0;
  let words: string[] = [];
  let start = 0;
  for (const piece of pieces(text)) {
    const { kind } = piece;
    if (depth === 0 && (kind === 'word' || kind === 'quoted')) {
      if (words.length === 0) start = piece.start;
      words.push(text.slice(piece.start, piece.end));
    }
    if (kind === '{') depth += 1;
    if (kind === '}') depth -= 1;
    if (depth > 0 || (kind !== '}' && kind !== ';')) continue;
    const block = text.slice(start, piece.end);
    const [directive, name = ''] = words;
    if (directive === 'upstream' && block.includes('balancer_by_lua_block'))
      found.push({ name: name.replace(/^"(.*)"$/, '$1'), text: block });
    words = [];
  }
  return found;
}

export interface TrialPlan {
  /** A private folder: what stands for the managed one, with the code below `lua`. */
  readonly folder: string;
  readonly balancer: LuaBalancer;
  readonly structure: string;
  readonly upstreams: readonly UpstreamBlock[];
  /** The key variables that the upstreams use, without `$`. */
  readonly keys: readonly string[];
  /** Where it is asked, and where its two backends listen: `127.0.0.1:port` each. */
  readonly ask: string;
  readonly backends: readonly string[];
  readonly placed: readonly Placed[];
  /** HTTP modules that nginx lacks. */
  readonly without: ReadonlySet<string>;
}

/** How long such an nginx lives at most, in seconds, should nobody end it. */
const lifetime = 20;

/** An nginx.conf that balances as the candidate does, and reaches nobody but itself. */
export function trialConf(plan: TrialPlan): string {
  const { folder, balancer, structure, upstreams, keys, ask, backends, placed, without } = plan;
  const own = { ...balancer, output: folder, folder: `${folder}/lua` };
  const blocks = upstreams.map(({ text }) =>
    text
      .replaceAll(luaText(balancer.folder), luaText(own.folder))
      .replaceAll(luaText(balancer.output), luaText(own.output)),
  );
  const temporary = temporaryPaths(without).map((name) => `${name} ${quote(`${folder}/${name}`)};`);
  return `${loaded(placed)}
daemon off;
master_process off;
pid ${quote(`${folder}/pid`)};
lock_file ${quote(`${folder}/lock`)};
error_log ${quote(`${folder}/error.log`)} notice;
events { worker_connections 64; }
http {
access_log off;
${temporary.join('\n')}
${luaSettings(placed)}
init_worker_by_lua_block {
    local ffi = require "ffi"
    pcall(ffi.cdef, "int getpid(void); int kill(int pid, int signal);")
    ngx.timer.at(${lifetime}, function() ffi.C.kill(ffi.C.getpid(), 9) end)
}
map "" $${luaVariable(balancer, 'structure')} { default "${structure}"; }
${keys.map((key) => `map "" $${key} { volatile; default "trial"; }\n`).join('')}
log_by_lua_block {
${luaCall(own, 'finish()', '    ')}}
${blocks.join('\n')}
server {
    listen ${ask};
    keepalive_timeout 0;
    proxy_connect_timeout 2s;
    location = ${proofPath} {
        content_by_lua_block {
${luaCall(own, 'release()', '            ')}        }
    }
${upstreams.map(({ name }, index) => `    location = /${index} { proxy_pass http://${name}; }\n`).join('')}}
server {
${backends.map((address) => `    listen ${address};\n`).join('')}    return 204;
}
}
`;
}

/** Its modules, whose paths start from nginx's prefix, and the user that temporary folders are given to. */
function loaded(placed: readonly Placed[]): string {
  return placed
    .filter(
      ({ directive: { name }, context }) =>
        (name === 'load_module' || name === 'user') && context.length === 0,
    )
    .map(spelt)
    .join('');
}

/** Where Lua's own libraries lie, above all. */
function luaSettings(placed: readonly Placed[]): string {
  return placed
    .filter(
      ({ directive: { name, block }, context }) =>
        name.startsWith('lua_') && context.join() === 'http' && !block,
    )
    .map(spelt)
    .join('');
}

function spelt({ directive: { name, args } }: Placed): string {
  return `${[name, ...args.map(({ value }) => quote(utf8(value)))].join(' ')};\n`;
}

/** The peers of the candidate, each upstream's two backends in place of its servers. */
export function trialPeers(peers: string, backends: readonly string[]): string {
  const [head = '', ...lines] = peers.split('\n');
  const names = lines.filter((line) => line.startsWith('upstream '));
  const servers = backends.map((address) => `${address} 1 1 10 up`);
  const end = `end ${names.length * servers.length}`;
  return [head, ...names.flatMap((name) => [name, ...servers]), end, ''].join('\n');
}
