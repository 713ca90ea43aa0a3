import type { Crawl, Placed } from '../nginx/crawl.ts';
import { missingIncludes } from '../nginx/test.ts';
import { lineAt } from '../syntax/tokenize.ts';
import { type Attempt, count, type Finding, fail, ok, warn } from './finding.ts';
import { namedHosts } from './nginx-hosts.ts';
import { isBefore, nginxVersion } from './nginx-version.ts';

export interface ConfFacts {
  readonly conf: string;
  readonly output: string;
  readonly config: Attempt<Crawl>;
  /** As in `nginx/1.22.1`, of the nginx that runs or else of the one that tests. */
  readonly version: string | undefined;
  /** The upstreams that upsync writes. */
  readonly ours: readonly string[];
  /** Whether some of them are for its stream block. */
  readonly streams: boolean;
  /** Whether any of them keeps idle connections. */
  readonly keepsAlive: boolean;
}

/** What can be read from nginx.conf and its includes alone, without nginx. */
export function checkConf(facts: ConfFacts): Finding[] {
  const { conf, config } = facts;
  if ('problem' in config) return [fail('conf', config.problem)];
  const { sources, included, placed } = config.value;
  const missing = missingIncludes(config.value, facts, facts.streams);
  const where = included.stream ? 'in http and in stream' : 'in http';
  return [
    ...missing.map((problem) => fail('conf', problem)),
    ...(missing.length > 0
      ? []
      : [ok('conf', `${conf} (${count(sources.length, 'file')}) includes the managed folder ${where}`)]),
    ...checkShutdown(facts, placed),
    ...checkClients(facts, placed),
    ...checkUpstreams(facts, placed),
    ...checkHosts(facts, placed),
  ];
}

function checkShutdown({ conf }: ConfFacts, placed: readonly Placed[]): Finding[] {
  const timeout = setTo(placed, 'worker_shutdown_timeout');
  if (timeout !== undefined)
    return [ok('reloads', `old workers are gone after ${timeout} (worker_shutdown_timeout)`)];
  return [
    warn('reloads', {
      what: 'worker_shutdown_timeout is not set: after a reload old workers stay as long as their longest connection',
      where: conf,
      remedy: 'add `worker_shutdown_timeout 30s;` at its top, outside of all blocks',
    }),
  ];
}

const lost = 'a request that a client sends on an idle connection during a reload can be lost';

function checkClients({ conf, version }: ConfFacts, placed: readonly Placed[]): Finding[] {
  const timeout = setTo(placed, 'keepalive_min_timeout');
  if (timeout !== undefined) {
    return [ok('reloads', `idle client connections outlive a reload by ${timeout} (keepalive_min_timeout)`)];
  }
  const numbers = version === undefined ? undefined : nginxVersion(version);
  if (numbers === undefined) return [];
  return isBefore(numbers, [1, 27, 4])
    ? [
        warn('reloads', {
          what: `${version} is too old for keepalive_min_timeout: ${lost}`,
          remedy: 'nginx 1.27.4 and newer have it (browsers repeat such requests by themselves)',
        }),
      ]
    : [
        warn('reloads', {
          what: `keepalive_min_timeout is not set: ${lost}`,
          where: conf,
          remedy: 'add `keepalive_min_timeout 2s;` inside its http block',
        }),
      ];
}

/** Since 1.29.7 upstream connections are kept alive by default. Whether both directives meet is not followed. */
function checkUpstreams(
  { conf, version, ours, keepsAlive }: ConfFacts,
  placed: readonly Placed[],
): Finding[] {
  const numbers = version === undefined ? undefined : nginxVersion(version);
  if (!keepsAlive || numbers === undefined || !isBefore(numbers, [1, 29, 7])) return [];
  const passes = placed.some(
    ({ directive: { name, args } }) =>
      name === 'proxy_pass' &&
      ours.some((upstream) => args[0]?.value.match(/^https?:\/\/([^/:]+)/)?.[1] === upstream),
  );
  const set = (name: string, first: RegExp) =>
    placed.some(({ directive }) => directive.name === name && first.test(directive.args[0]?.value ?? ''));
  if (!passes || (set('proxy_http_version', /^1\.1$/) && set('proxy_set_header', /^connection$/i))) return [];
  return [
    warn('conf', {
      what: `connections to upstreams are opened anew for every request: ${version} keeps none of them alive by itself`,
      where: conf,
      remedy: 'add `proxy_http_version 1.1;` and `proxy_set_header Connection "";` where it says proxy_pass',
    }),
  ];
}

/** Such names are resolved at every test and every reload. */
function checkHosts({ ours }: ConfFacts, placed: readonly Placed[]): Finding[] {
  const [first, ...more] = namedHosts(placed, ours);
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` (and ${more.length} more such names)`;
  const { source, directive } = first.placed;
  return [
    warn('conf', {
      what: `nginx resolves "${first.host}"${others} at every test and reload: while its name server is down no change goes live`,
      where: `${source.shown}:${lineAt(source.text, directive.end)}`,
      remedy:
        'let upsync follow it, name its address, or let nginx resolve it as it runs (`resolver`, and a variable in proxy_pass)',
    }),
  ];
}

/** What a directive says last; undefined where it is missing or says 0, which is its default. */
function setTo(placed: readonly Placed[], name: string): string | undefined {
  const value = placed.findLast(({ directive }) => directive.name === name)?.directive.args[0]?.value;
  return value === undefined || /^0+[a-z]*$/.test(value) ? undefined : value;
}
