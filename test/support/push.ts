import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layNginx, type NginxBed, type Place } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';

/** The servers of each upstream by its name. */
export type Peers = Readonly<Record<string, readonly Peer[]>>;

export interface Peer {
  /** `host:port`. */
  readonly address: string;
  readonly weight?: number;
  readonly maxFails?: number;
  /** Seconds. */
  readonly failTimeout?: number;
  readonly state?: 'up' | 'down' | 'backup';
}

/** A balancing method: nginx's own directive, and what the balancer block calls for it. */
export interface Method {
  readonly directive: string;
  readonly call: (upstream: string) => string;
}

export const roundRobin: Method = { directive: '', call: (upstream) => `round_robin("${upstream}")` };

interface PushOptions {
  readonly peers: Peers;
  /** 1 by default: each worker has its own turns, and two are not to be compared with nginx's two. */
  readonly workers?: number;
  readonly method?: Method;
  /** More for each upstream, behind its balancer. */
  readonly upstream?: string;
  /** More for each of the proxying locations. */
  readonly location?: string;
  /** More for the server. */
  readonly server?: string;
  /** Whether the balancer is told how requests end; true by default. */
  readonly finish?: boolean;
  /** Instead of the peers, what their first file holds. */
  readonly contents?: string;
}

/** An nginx that serves `/push/NAME` by the Lua balancer and `/native/NAME` by its own. */
export interface PushGateway extends NginxBed {
  readonly output: string;
  /** Publishes a release of these peers as upsync does: complete first, then one rename, before which `atSwitch` is called. Gives its digest. */
  publish(peers: Peers, atSwitch?: () => void): Promise<string>;
  /** A release whose peers file holds this, or that has none. */
  publishRaw(contents: string | undefined): Promise<string>;
  /** Where `current` or another link of the managed folder leads. */
  pointAt(target: string, link?: string): Promise<void>;
}

const structure = '00000000000057aa';
const source = join(import.meta.dirname, '../../nginx/lua');
const build = luaBuild();

/** Without the module its tests are skipped aloud. */
export const canPush = build !== undefined;

export async function startPush(options: PushOptions): Promise<PushGateway> {
  const nginx = await layNginx({ layout: (place) => ({ 'nginx.conf': configuration(place, options) }) });
  const output = join(nginx.folder, 'upsync');
  let releases = 0;
  const pointAt = async (target: string, link = 'current') => {
    await symlink(target, join(output, `${link}.new`));
    await rename(join(output, `${link}.new`), join(output, link));
  };
  const write = async (contents: (digest: string) => string | undefined, atSwitch = () => {}) => {
    releases += 1;
    const digest = releases.toString(16).padStart(16, '0');
    const folder = join(output, 'releases', digest);
    await mkdir(folder, { recursive: true });
    const text = contents(digest);
    if (text !== undefined) await writeFile(join(folder, 'peers'), text);
    atSwitch();
    await pointAt(join('releases', digest));
    return digest;
  };
  const gateway: PushGateway = {
    ...nginx,
    output,
    publish: (peers, atSwitch) => write((digest) => peersFile(peers, digest), atSwitch),
    publishRaw: (contents) => write(() => contents),
    pointAt,
  };
  try {
    await cp(source, join(output, 'lua'), { recursive: true });
    await write((digest) => options.contents ?? peersFile(options.peers, digest));
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
}

/** As `nginx/lua/peers.lua` reads it. */
export function peersFile(peers: Peers, digest: string, of = structure): string {
  const lines = Object.entries(peers).flatMap(([name, servers]) => [
    `upstream ${name}`,
    ...servers.map(
      ({ address, weight = 1, maxFails = 1, failTimeout = 10, state = 'up' }) =>
        `${address} ${weight} ${maxFails} ${failTimeout} ${state}`,
    ),
  ]);
  const servers = lines.length - Object.keys(peers).length;
  return [`upsync-peers 1 ${digest} ${of}`, ...lines, `end ${servers}`, ''].join('\n');
}

function configuration({ main, http, host, port, folder }: Place, options: PushOptions): string {
  const { peers, workers = 1, method = roundRobin, upstream = '', location = '', server = '' } = options;
  const output = join(folder, 'upsync');
  const call = (what: string) => `local key, folder = "${output}", "${output}/lua"
    local upsync = package.loaded[key] or assert(loadfile(folder .. "/upsync.lua"))(key, folder, "upsync_structure")
    upsync.${what}`;
  const upstreams = Object.entries(peers).map(
    ([name, servers]) => `upstream push_${name} {
  server ${host}:1;
  balancer_by_lua_block { ${call(method.call(name))} }
  ${upstream}
}
upstream native_${name} {
  ${method.directive}
  ${servers.map(serverLine).join('\n  ')}
  ${upstream}
}`,
  );
  const finish = options.finish === false ? '' : `log_by_lua_block { ${call('finish()')} }`;
  return `${build?.load ?? ''}
${main}
worker_processes ${workers};
events { worker_connections 512; }
http {
${http}
map "" $upsync_structure { default ${structure}; }
proxy_connect_timeout 1s;
proxy_read_timeout 1s;
proxy_http_version 1.1;
proxy_set_header Connection "";
add_header X-Tried $upstream_addr always;
set_real_ip_from 127.0.0.0/8;
real_ip_header X-Client;
${upstreams.join('\n')}
server {
  listen ${host}:${port} reuseport;
  location = / { return 200 "gateway"; }
  location ~ ^/push/(?<upstream>[a-z0-9]+) { ${location} ${finish} proxy_pass http://push_$upstream; }
  location ~ ^/native/(?<upstream>[a-z0-9]+) { ${location} proxy_pass http://native_$upstream; }
  location = /release { keepalive_timeout 0; content_by_lua_block { ${call('release()')} } }
  location = /status { keepalive_timeout 0; content_by_lua_block { ${call('status()')} } }
  ${server}
}
}
`;
}

function serverLine({ address, weight = 1, maxFails = 1, failTimeout = 10, state = 'up' }: Peer): string {
  const mark = state === 'up' ? '' : ` ${state}`;
  return `server ${address} weight=${weight} max_fails=${maxFails} fail_timeout=${failTimeout}s${mark};`;
}
