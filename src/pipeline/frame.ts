import { type LuaBalancer, luaCall, luaVariable } from './balancer.ts';
import type { File } from './release.ts';

/** Where nginx says what it runs, and where it answers 503 to all: addresses for nginx's `listen`. */
export interface ProofAddress {
  readonly listen: string;
  /** Where an upstream without a server points. */
  readonly unavailable: string;
}

/** The path at which the proof server tells what runs. */
export const proofPath = '/upsync/release';
/** The path at which a worker with the Lua balancer tells of itself, as JSON. */
export const statusPath = '/upsync/status';

/** The files of a release that the frame makes. */
export const framePaths = ['http.conf', 'stream.conf'] as const;

/** What a release is called by, and where its files lie. */
export interface FrameOf {
  readonly folder: string;
  readonly digest: string;
  readonly structure: string;
}

/**
 * The two files of a release that nginx's permanent links lead to. They include the release's other
 * files by its absolute path, so that nginx resolves `current` once (DESIGN 3.1), and carry the server by
 * which nginx tells what it runs. `reuseport` gives every worker a socket of its own: without it most
 * fresh connections land on one worker, and seeing them all answer takes long. And nginx can start beside
 * workers that outlived their master, as far as these two servers go.
 */
export function frame(
  { folder, digest, structure }: FrameOf,
  files: readonly File[],
  proof: ProofAddress,
  balancer?: LuaBalancer,
): File[] {
  const name = balancer === undefined ? `Release ${digest}` : `Structure ${structure}`;
  const head = `# ${name}, made by upsync: the next one replaces it. Edit the templates instead.\n`;
  const include = (context: string) =>
    files
      .filter(({ path }) => path.startsWith(`${context}/`))
      .map(({ path }) => `include ${quote(`${folder}/${path}`)};\n`)
      .join('');
  const locations =
    balancer === undefined
      ? location(proofPath, `default_type text/plain;\n        return 200 "$pid ${digest} $nginx_version";`)
      : luaLocations(balancer);
  const variables =
    balancer === undefined
      ? ''
      : `map "" $${luaVariable(balancer, 'structure')} { default "${structure}"; }\n`;
  return [
    {
      path: 'http.conf',
      contents: `${head}${variables}${include('http')}${proofServer(locations, proof)}`,
    },
    { path: 'stream.conf', contents: `${head}${include('stream')}` },
  ];
}

function proofServer(locations: string, { listen, unavailable }: ProofAddress): string {
  return `server {
    listen ${listen} reuseport;
    server_name upsync;
    access_log off;
    keepalive_timeout 0;
${locations}    location / {
        return 404;
    }
}
server {
    listen ${unavailable} reuseport;
    server_name upsync;
    access_log off;
    return 503;
}
`;
}

/** A worker answers by what its balancer uses, after it has looked for a newer release. */
function luaLocations(balancer: LuaBalancer): string {
  const block = (call: string) =>
    `content_by_lua_block {\n${luaCall(balancer, call, '            ')}        }`;
  return [
    location(proofPath, `default_type text/plain;\n        ${block('release()')}`),
    location(statusPath, block('status()')),
  ].join('');
}

function location(path: string, contents: string): string {
  return `    location = ${path} {\n        ${contents}\n    }\n`;
}

function quote(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}
