import type { File } from './release.ts';

/** Where nginx says what it runs, and where it answers 503 to all: addresses for nginx's `listen`. */
export interface ProofAddress {
  readonly listen: string;
  /** Where an upstream without a server points. */
  readonly unavailable: string;
}

/** The path at which the proof server tells what runs. */
export const proofPath = '/upsync/release';

/**
 * The two files of a release that nginx's permanent links lead to. They include the release's other
 * files by its absolute path, so that nginx resolves `current` once (DESIGN 3.1), and carry the server by
 * which nginx tells what it runs. `reuseport` gives every worker a socket of its own: without it most
 * fresh connections land on one worker, and seeing them all answer takes long. And nginx can start beside
 * workers that outlived their master, as far as these two servers go.
 */
export function frame(folder: string, digest: string, files: readonly File[], proof: ProofAddress): File[] {
  const head = `# Release ${digest}, made by upsync: the next one replaces it. Edit the templates instead.\n`;
  const include = (context: string) =>
    files
      .filter(({ path }) => path.startsWith(`${context}/`))
      .map(({ path }) => `include ${quote(`${folder}/${path}`)};\n`)
      .join('');
  return [
    { path: 'http.conf', contents: `${head}${include('http')}${proofServer(digest, proof)}` },
    { path: 'stream.conf', contents: `${head}${include('stream')}` },
  ];
}

function proofServer(digest: string, { listen, unavailable }: ProofAddress): string {
  return `server {
    listen ${listen} reuseport;
    server_name upsync;
    access_log off;
    keepalive_timeout 0;
    location = ${proofPath} {
        default_type text/plain;
        return 200 "$pid ${digest} $nginx_version";
    }
    location / {
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

function quote(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}
