import { join } from 'node:path';

/**
 * The managed folder:
 * ```
 * <output>/http/upsync.conf    → ../current/http.conf      what nginx includes in http
 * <output>/stream/upsync.conf  → ../current/stream.conf    what nginx includes in stream
 * <output>/current             → releases/<release>        the one switch
 * <output>/proven              → releases/<release>        what nginx was last seen to run
 * <output>/releases/<release>/   http.conf stream.conf http/… stream/… manifest.json; files/… outside of the folder; peers for Lua
 * <output>/config/<structure>/  by push: `http.conf stream.conf http/… stream/… files/…`, to which releases link
 * <output>/lua/<hash>/           the code of that balancer, by the hash of it
 * <output>/saved/…              copies of what stood where links outside of the folder came to be, by path and hash
 * <output>/spare/peers           a copy of the proven release's peers, for a worker that can read those of no release
 * ```
 */
export interface Layout {
  readonly output: string;
  readonly releases: string;
  readonly current: string;
  readonly proven: string;
  readonly config: string;
  readonly lua: string;
  readonly spare: string;
  readonly saved: string;
  /** The permanent links, each with what it points at. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

export function layoutOf(output: string): Layout {
  return {
    output,
    releases: join(output, 'releases'),
    current: join(output, 'current'),
    proven: join(output, 'proven'),
    config: join(output, 'config'),
    lua: join(output, 'lua'),
    spare: join(output, 'spare'),
    saved: join(output, 'saved'),
    links: ['http', 'stream'].map((context) => ({
      path: join(output, context, 'upsync.conf'),
      target: `../current/${context}.conf`,
    })),
  };
}

/** As in `20261123T052400.123Z-0123456789abcdef`: sorts by time, and a person can read it. */
export function releaseName(time: number, digest: string): string {
  return `${new Date(time).toISOString().replaceAll(/[-:]/g, '')}-${digest}`;
}
