import { join } from 'node:path';
import type { Layout, NginxBed, Place } from './nginx.ts';

/** A candidate as it lies on disk, to be part of a bed's layout: its upstreams and a server of its own. */
export function candidateFiles({ folder, host, ports }: Place, upstreams: string, streams?: string): Layout {
  const home = candidateFolder({ folder });
  return {
    'upsync/releases/one/http.conf': `include ${home}/http/upstreams.conf;
server { listen ${host}:${ports[1]}; return 200 "proof"; }
`,
    'upsync/releases/one/http/upstreams.conf': upstreams,
    'upsync/releases/one/stream.conf': streams === undefined ? '' : `include ${home}/stream/streams.conf;\n`,
    ...(streams !== undefined && { 'upsync/releases/one/stream/streams.conf': streams }),
  };
}

export function candidateFolder({ folder }: Pick<NginxBed, 'folder'>): string {
  return join(folder, 'upsync/releases/one');
}
