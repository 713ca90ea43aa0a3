import { isIP } from 'node:net';
import type { Placed } from '../nginx/crawl.ts';
import type { File } from '../pipeline/release.ts';
import { tokenize } from '../syntax/tokenize.ts';

interface NamedHost {
  readonly host: string;
  readonly placed: Placed;
}

/**
 * The host names that nginx looks up when it reads its configuration, each where it stands first: in
 * `proxy_pass` and its like, unless an upstream has that name or a variable is in it, and in the servers
 * of upstreams that are not `resolve`d as nginx runs.
 */
export function namedHosts(all: readonly Placed[], ours: readonly string[]): readonly NamedHost[] {
  const upstreams = all.flatMap(({ directive: { name, args } }) =>
    name === 'upstream' ? (args[0]?.value ?? []) : [],
  );
  const known = new Set([...upstreams, ...ours, 'localhost'].map((name) => name.toLowerCase()));
  const found = new Map<string, NamedHost>();
  for (const placed of all) {
    const host = hostOf(placed);
    if (host !== undefined && !known.has(host) && !found.has(host)) found.set(host, { host, placed });
  }
  return [...found.values()];
}

/** The upstreams that rendered files define; those of a file that nginx could not read either are not known. */
export function upstreamsIn(files: readonly File[]): readonly string[] {
  return files.flatMap(({ path, contents }) => {
    try {
      return tokenize(contents, path).flatMap(({ name, args }) =>
        name === 'upstream' ? (args[0]?.value ?? []) : [],
      );
    } catch {
      return [];
    }
  });
}

function hostOf({ directive: { name, args }, context }: Placed): string | undefined {
  const [first, ...more] = args.map(({ value }) => value);
  const server = name === 'server' && context.at(-1) === 'upstream' && !more.includes('resolve');
  if (first === undefined || !(server || /^(proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name)))
    return undefined;
  const place = first.replace(/^\w+:\/\//, '');
  if (/^(unix:|\[)/.test(place) || place.includes('$')) return undefined;
  const host = place.replace(/[:/].*$/s, '').toLowerCase();
  return host === '' || isIP(host) !== 0 ? undefined : host;
}
